/**
 * Data: datasets and how they are read, images and clips, transforms, loaders, and the drawn tasks.
 */

export { openDataset } from './data/dataset.ts'
export { type Dataset, type Example, type ImageSource, sourceName } from './data/example.ts'
export { vtabTasks } from './data/kinds/vtab.ts'
export type { BadExample, Batch } from './data/loader/batch.ts'
export { createLoader, type Loader, type LoaderSettings } from './data/loader/loader.ts'
export type { OpenOptions } from './data/options.ts'
export type { SampleSettings } from './data/samples/sample.ts'
export { decode } from './data/sources/decode.ts'
export { drawClip } from './data/sources/drawn/draw-clip.ts'
export { drawImage } from './data/sources/drawn/draw-image.ts'
export { isVideoName } from './data/sources/extensions.ts'
export type { Pixels } from './data/sources/pixels.ts'
export { type Clip, type ClipReader, clipReader } from './data/sources/read-clip.ts'
export { type ImageReader, imageReader } from './data/sources/read-image.ts'
export { type RandAugment, randOperations } from './data/transforms/augment/rand-augment.ts'
export {
  type AugmentSettings,
  createTransform,
  type Transform,
  type TransformSettings,
  toInput,
} from './data/transforms/transforms.ts'
