import { concat, slice, type Tensor } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import type { Tapped } from './head.ts'
import { type LayerSizes, patchesIn } from './layer-sizes.ts'
import type { BackboneStages } from './stages.ts'
import type { Tap, Taps } from './taps.ts'

/**
 * Gives a head the tokens that it reads, tap by tap. Prompts that a method inserted between class token and
 * patches are removed.
 * @param layers sizes of all layers
 * @throws ConfigError for a layer, a norm or a class token that the backbone does not have
 */
export function readTaps(taps: Taps, stages: BackboneStages, layers: readonly LayerSizes[]): Tapped[] {
  return taps.map((tap) => {
    const last = layers.length - 1
    const [sizes, final] = [layers[tap.layer ?? last], layers[last]]
    const tokens = tap.layer === undefined ? stages.last : stages.blocks[tap.layer]
    if (sizes === undefined || tokens === undefined)
      throw new ConfigError(
        `head: it reads layer ${tap.layer}, but layers are 0 to ${last}. Choose one of them.`,
      )
    if (tap.normed && sizes.width !== final?.width)
      throw new ConfigError(
        `head: it reads layer ${tap.layer} after the final norm, which has other features. Read it without.`,
      )
    return { tap, sizes, tokens: tokensOf(tap.normed ? stages.norm(tokens) : tokens, tap, sizes) }
  })
}

/** The tokens of a tap from x [I, P + N, C], which may have prompts between prefix and patches. */
function tokensOf(x: Tensor, { tokens }: Tap, sizes: LayerSizes): Tensor {
  const { prefix } = sizes
  const count = Number(x.shape[1])
  // After tokens were dropped or merged there are fewer tokens than patches.
  const first = Math.max(prefix, count - patchesIn(sizes))
  if (tokens === 'class') {
    if (prefix > 0) return slice(x, 1, 0, 1)
    throw new ConfigError('head: it reads the class token, but this backbone has none. Read its patches.')
  }
  if (tokens === 'patches') return first === 0 ? x : slice(x, 1, first, count)
  return first === prefix ? x : concat([slice(x, 1, 0, prefix), slice(x, 1, first, count)], 1)
}
