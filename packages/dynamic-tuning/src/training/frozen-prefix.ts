import { packPrefix, splitPrefix, type Tensor, topologicalOrder } from '@dynamic-tuning/engine'
import { countCost } from '../cost/count-cost.ts'

/** What of a graph follows from the images and frozen weights alone. */
export interface FrozenPrefix {
  /** [B, F], everything the rest reads of it. */
  readonly features: Tensor
  /** F */
  readonly width: number
  /** The graph's outputs from `images` [B, F], the features in the place of pixels, and its other inputs. */
  readonly rest: Readonly<Record<string, Tensor>>
  /** Multiply-accumulates of an image that the rest need not do. */
  readonly macs: number
}

/** Finds it; undefined where pixels themselves meet a trained weight, so that nothing could be computed beforehand. */
export function frozenPrefix(outputs: Readonly<Record<string, Tensor>>): FrozenPrefix | undefined {
  const split = splitPrefix(outputs, ['images'])
  const readsPixels = topologicalOrder(Object.values(split.rest)).some(
    ({ attributes }) => (attributes as { readonly name?: string }).name === 'images',
  )
  const { prefix, width, rest } = packPrefix(split, 'images')
  if (prefix === undefined || readsPixels) return undefined
  const macs = countCost([prefix], { B: 1 }).total
  // Pixels cut into patches are still pixels.
  return macs === 0 ? undefined : { features: prefix, width, rest, macs }
}

/** A graph that takes features in the place of images. */
export function withoutPrefix<T extends Readonly<Record<string, Tensor>>>(outputs: T): T {
  return (frozenPrefix(outputs)?.rest ?? outputs) as T
}
