import { type Dim, gatherBatched, reshape, slice, sub, type Tensor } from '@dynamic-tuning/engine'
import type { Dispatch, TunerOptions } from '../tuners/tuner.ts'
import type { ReductionPass } from './reduction.ts'

/**
 * Expands a gate's values to all patches of the image: merged patches share the decision of their token.
 * Values of gates that see all patches, or decide on the whole image, are returned unchanged.
 * values: [B, n] of the gate -> [B, N].
 */
export function valuesOfPatches(
  values: Tensor,
  { layer }: Pick<Dispatch, 'layer'>,
  { places }: Pick<ReductionPass, 'places'>,
  level: TunerOptions['dispatchLevel'],
): Tensor {
  const place = places.get(layer)
  if (place === undefined || level === 'sample') return values
  const [batch, tokens] = place.shape as [Dim, number]
  // The class token, at position 0, is never merged and has no decision.
  const patches = sub(slice(place, 1, 1, tokens), 1)
  return reshape(gatherBatched(reshape(values, [...values.shape, 1]), patches), [batch, tokens - 1])
}
