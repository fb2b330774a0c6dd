import { type Dim, input, multiplyDims, type Tensor } from '@dynamic-tuning/engine'
import type { VitConfig } from '../vit-config.ts'
import { clipHead } from './clip-head.ts'
import type { ModelHead } from './head.ts'
import { imageHead } from './image-head.ts'

/** All heads. */
const heads: readonly ModelHead[] = [imageHead, clipHead]

/** The head of a model: that of clips where it has `frames`. */
export function headOf({ frames }: Pick<VitConfig, 'frames'>): ModelHead {
  return frames === undefined ? imageHead : clipHead
}

/** The graph input of a batch of samples: images [B, 3, H, W], or clips [B, 3, T, H, W]. `batch` is B where it is known. */
export function sampleInput(config: VitConfig, name = 'images', batch: Dim = 'B'): Tensor {
  return input(name, [batch, ...headOf(config).sampleShape(config)])
}

/** Numbers in a sample: 3 * H * W, or 3 * T * H * W. */
export function sampleSize(config: VitConfig): number {
  return headOf(config)
    .sampleShape(config)
    .reduce((product, size) => product * size, 1)
}

/** Rows that a backbone makes of `samples`: one for each image, or each frame. */
export function imageRows<D extends Dim>(config: VitConfig, samples: D): D {
  return multiplyDims(samples, headOf(config).imagesIn(config)) as D
}

/** Whether a weight belongs to a head, whichever one: it is no backbone's. */
export function isOfHead(name: string): boolean {
  return heads.some(({ modules }) => modules.includes(name.split('.')[0] as string))
}

/** Patterns of the weights of a model's head. */
export function headPatterns(config: VitConfig): readonly RegExp[] {
  return headOf(config).modules.map((module) => new RegExp(`^${module}(?:\\.|$)`))
}
