import { ConfigError } from '../../../errors.ts'
import type { LayerSizes } from '../../layer-sizes.ts'
import type { Tap, Taps } from '../../taps.ts'
import { type Pyramid, sameGrid, stages } from './pyramid.ts'

/** What UPerNet reads from a backbone, and how that becomes a pyramid. */
export interface UperReads {
  readonly reads: Taps
  readonly pyramid: Pyramid
}

/** Shares of the depth of a backbone with one grid at which its layers are read. */
const shares = [1 / 3, 1 / 2, 2 / 3, 1] as const

/**
 * Chooses the layers: the last of each stage where the grid changes from stage to stage, otherwise four of
 * one grid, by default at 1/3, 1/2, 2/3 and the end. Tokens are read without the final norm.
 * @param layers sizes of all layers
 * @throws ConfigError for layers that do not exist, are not four or do not rise, and for a grid that is too
 * small
 */
export function uperReads(
  layers: readonly LayerSizes[],
  { epsilon, wanted }: { readonly epsilon: number; readonly wanted?: readonly number[] | undefined },
): UperReads {
  const ends = layers.flatMap(({ grid }, i) => (grid.join() === layers[i + 1]?.grid.join() ? [] : [i]))
  const last = layers.length - 1
  // The last layer is read as the backbone's output, which a method may change.
  const tap = (layer: number): Tap => ({ ...(layer < last && { layer }), normed: false, tokens: 'patches' })
  if (ends.length > 1) {
    if (wanted !== undefined)
      throw new ConfigError(
        'model: UPerNet reads every stage of this backbone. Leave out the layers that it is to read.',
      )
    return { reads: ends.map(tap), pyramid: stages(epsilon) }
  }
  const chosen = wanted ?? shares.map((share) => Math.max(1, Math.round(share * layers.length)) - 1)
  checkLayers(chosen, last, layers[0]?.grid ?? [0, 0])
  return { reads: chosen.map(tap), pyramid: sameGrid }
}

function checkLayers(chosen: readonly number[], last: number, grid: readonly [number, number]): void {
  const rises = chosen.every((layer, i) => layer >= (chosen[i - 1] ?? 0) && layer <= last)
  if (chosen.length !== shares.length || !rises || !chosen.every(Number.isInteger))
    throw new ConfigError(
      `model: UPerNet is to read layers [${chosen}]. Give four from 0 to ${last} that do not fall.`,
    )
  if (Math.min(...grid) < 2)
    throw new ConfigError(
      `model: UPerNet halves the grid of ${grid.join(' x ')} patches. Use images of two patches a side or more.`,
    )
}
