import { type Dim, input, multiplyDims, sizeOf, type Tensor } from '@dynamic-tuning/engine'

/** How samples enter a graph: as images, or as clips whose frames the backbone sees as images. */
export interface SampleLayout {
  /** The word for a sample in messages. */
  readonly word: 'image' | 'clip'
  /** Shape of a sample without the batch: [3, H, W] or [3, T, H, W]. */
  readonly shape: readonly number[]
  /** Number of images in a sample; each is a row of the backbone. */
  readonly images: number
  /** Reshapes samples [B, ...shape] to images [B * images, 3, H, W], sample by sample. */
  toImages(samples: Tensor): Tensor
}

/** The graph input for a batch of samples, [B, ...shape]. `batch` is B if it is fixed. */
export function sampleInput({ shape }: SampleLayout, name = 'images', batch: Dim = 'B'): Tensor {
  return input(name, [batch, ...shape])
}

/** Number of values in a sample. */
export function sampleSize({ shape }: SampleLayout): number {
  return sizeOf(shape)
}

/** Number of backbone rows for this many samples: one per image. */
export function imageRows(layout: SampleLayout, samples: number): number
export function imageRows(layout: SampleLayout, samples: Dim): Dim
export function imageRows({ images }: SampleLayout, samples: Dim): Dim {
  return multiplyDims(samples, images)
}
