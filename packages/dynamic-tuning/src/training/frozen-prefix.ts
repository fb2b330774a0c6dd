import { packPrefix, splitPrefix, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'
import { countCost } from '../cost/count-cost.ts'

/** The part of a graph that depends only on the images and frozen weights. */
export interface FrozenPrefix {
  /** Everything that the rest of the graph needs from this part, [B, F]. */
  readonly features: Tensor
  /** F */
  readonly width: number
  /** The outputs of the graph, with the features [B, F] as its input `images` instead of pixels. */
  readonly rest: Readonly<Record<string, Tensor>>
  /** Multiply-accumulates per image that are no longer computed in each step. */
  readonly macs: number
}

/**
 * Finds the frozen part; undefined if pixels meet a trained weight directly, so that nothing
 * can be computed beforehand.
 */
export function frozenPrefix(outputs: Readonly<Record<string, Tensor>>): FrozenPrefix | undefined {
  const split = splitPrefix(outputs, ['images'])
  const readsPixels = topologicalOrder(Object.values(split.rest)).some(
    ({ attributes }) => (attributes as { readonly name?: string }).name === 'images',
  )
  const { prefix, width, rest } = packPrefix(split, 'images')
  if (prefix === undefined || readsPixels) return undefined
  const macs = countCost([prefix], { B: 1 }).total
  // Cutting pixels into patches costs nothing worth saving.
  return macs === 0 ? undefined : { features: prefix, width, rest, macs }
}

/** Replaces the frozen part by an input for its features. */
export function withoutPrefix<T extends Readonly<Record<string, Tensor>>>(outputs: T): T {
  return (frozenPrefix(outputs)?.rest ?? outputs) as T
}
