import { ConfigError } from '../errors.ts'
import type { Network } from '../network/network.ts'
import { countFlops } from './model-cost.ts'
import { staticFlops } from './static-flops.ts'

/** Number of bisection steps: finds the rate to within a millionth. */
const halvings = 20

/**
 * The active rate, the same at every gate, at which a model costs `share` of the
 * bare ViT's FLOPs, or just below.
 * @throws ConfigError if it costs more with every gate closed, or less with every gate open
 */
export function rateForShare(network: Network, share: number): number {
  const bare = staticFlops(network)
  const at = (activeRate: number): number => countFlops({ network, activeRate }).total / bare
  const [closed, open] = [at(0), at(1)]
  if (!(share >= closed && share <= open))
    throw new ConfigError(
      `cost: share ${share} of the static model's FLOPs, but ${network.tuner.name} can take ${closed.toFixed(3)} to ${open.toFixed(3)} of them. Give a share between.`,
    )
  let [low, high] = [0, 1]
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2
    if (at(middle) <= share) low = middle
    else high = middle
  }
  return low
}
