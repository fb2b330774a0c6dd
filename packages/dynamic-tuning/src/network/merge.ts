import type { TensorData } from '@dynamic-tuning/engine'
import { withStoredBiases } from '../models/families.ts'
import { joinTuners } from '../tuners/compose.ts'
import { linearProbe } from '../tuners/linear.ts'
import type { Tensors, Tuner } from '../tuners/tuner.ts'
import { type Network, network as networkOf } from './network.ts'

/** A tuned network and all its weights. */
export interface TunedWeights {
  readonly network: Network
  readonly tensors: Tensors
}

/** True if at least one part of the method can be folded into the dense weights. */
export function canMerge(tuner: Tuner): boolean {
  return partsOf(tuner).some((part) => part.merge !== undefined)
}

/**
 * The network that remains once the method is folded into the dense weights: a plain backbone with its
 * dispatchers, if any, and those parts of a joined method that cannot be folded. A network of which nothing
 * can be folded stays as it is.
 */
export function mergedNetwork(network: Network): Network {
  const { tuner, options } = network
  if (!canMerge(tuner)) return network
  const left = partsOf(tuner).filter((part) => part.merge === undefined || part.leftAfterMerge)
  const rest = left.reduce((all, { leftAfterMerge }) => leftAfterMerge?.(all) ?? all, options)
  return networkOf({ ...network, tuner: joined(left), options: rest })
}

/**
 * Folds what can be folded of the method into the dense weights, as `mergedNetwork` has it. All outputs stay
 * equal within rounding errors.
 */
export function mergeTuned({ network, tensors }: TunedWeights): TunedWeights {
  const { config, tuner, options } = network
  if (!canMerge(tuner)) return { network, tensors }
  let merged = new Map<string, TensorData>(tensors)
  for (const { merge } of partsOf(tuner)) merged = merge?.(merged, config, options) ?? merged
  const sized = withStoredBiases(config, merged)
  return { network: networkOf({ ...mergedNetwork(network), config: sized }), tensors: merged }
}

function joined(left: readonly Tuner[]): Tuner {
  const [first, ...others] = left
  if (first === undefined) return linearProbe
  return others.length === 0 ? first : joinTuners(left)
}

const partsOf = (tuner: Tuner): readonly Tuner[] => tuner.parts ?? [tuner]
