import { packPrefix, splitPrefix, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'
import { countCost } from '../cost/count-cost.ts'

/** The part of a graph that depends only on the images and frozen weights. */
export interface FrozenPrefix {
  /** [B, F], everything that the rest needs of it. */
  readonly features: Tensor
  /** F */
  readonly width: number
  /** The outputs of the graph, with the features [B, F] as its input `images` instead of pixels. */
  readonly rest: Readonly<Record<string, Tensor>>
  /** Multiply-accumulates per image that the rest no longer does. */
  readonly macs: number
}

/**
 * Finds that part; undefined if pixels meet a trained weight directly, so that nothing can be computed
 * beforehand.
 */
export function frozenPrefix(outputs: Readonly<Record<string, Tensor>>): FrozenPrefix | undefined {
  const split = splitPrefix(outputs, ['images'])
  const readsPixels = topologicalOrder(Object.values(split.rest)).some(
    ({ attributes }) => (attributes as { readonly name?: string }).name === 'images',
  )
  const { prefix, width, rest } = packPrefix(split, 'images')
  if (prefix === undefined || readsPixels) return undefined
  const macs = countCost([prefix], { B: 1 }).total
  // Cutting pixels into patches is no work worth saving.
  return macs === 0 ? undefined : { features: prefix, width, rest, macs }
}

/** The graph that takes features instead of images. */
export function withoutPrefix<T extends Readonly<Record<string, Tensor>>>(outputs: T): T {
  return (frozenPrefix(outputs)?.rest ?? outputs) as T
}
