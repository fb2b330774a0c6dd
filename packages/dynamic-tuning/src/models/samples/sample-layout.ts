import { type Dim, input, multiplyDims, type Tensor } from '@dynamic-tuning/engine'

/** How samples enter a graph: as images, or as clips of frames that are images of their own to the backbone. */
export interface SampleLayout {
  /** What messages call a sample. */
  readonly word: 'image' | 'clip'
  /** Sizes of a sample, the batch left out: [3, H, W] or [3, T, H, W]. */
  readonly shape: readonly number[]
  /** Images of a sample, each a row of its own in the backbone. */
  readonly images: number
  /** Samples [B, ...shape] as images [B * images, 3, H, W]: those of a sample follow one another. */
  toImages(samples: Tensor): Tensor
}

/** The graph input of a batch of samples, [B, ...shape]. `batch` is B where it is known. */
export function sampleInput({ shape }: SampleLayout, name = 'images', batch: Dim = 'B'): Tensor {
  return input(name, [batch, ...shape])
}

/** Numbers in a sample. */
export function sampleSize({ shape }: SampleLayout): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Rows that a backbone makes of so many samples: one for each image. */
export function imageRows(layout: SampleLayout, samples: number): number
export function imageRows(layout: SampleLayout, samples: Dim): Dim
export function imageRows({ images }: SampleLayout, samples: Dim): Dim {
  return multiplyDims(samples, images)
}
