/**
 * Data: datasets and how they are read, images and clips, transforms, loaders, and the drawn tasks.
 */

export { fillPolygons, type Polygon } from './data/boxes/fill-polygons.ts'
export { parseRunLengthString, runLengthString } from './data/boxes/run-length-string.ts'
export {
  type CornerBox,
  decodeMask,
  encodeMask,
  type RunLengths,
  runLengths,
} from './data/boxes/run-lengths.ts'
export { openDataset } from './data/dataset.ts'
export {
  type Dataset,
  type Example,
  type ImageSource,
  type PackedSource,
  sourceName,
  type TruthName,
} from './data/example.ts'
export { type VtabGroup, type VtabTask, vtabGroups, vtabTasks } from './data/kinds/vtab.ts'
export { ignoredLabel, type LabelMap } from './data/label-map.ts'
export type { BadExample, Batch } from './data/loader/batch.ts'
export type { BatchOrderSettings } from './data/loader/batch-order.ts'
export { createLoader, type EpochOptions, type Loader, type LoaderSettings } from './data/loader/loader.ts'
export type { OpenOptions } from './data/options.ts'
export type { CacheMemory } from './data/samples/pixel-cache.ts'
export type {
  ImageHandling,
  MakerSettings,
  RowMemory,
  Sample,
  SampleKey,
  SampleMaker,
  SamplePicture,
  SampleSettings,
  WrittenSample,
} from './data/samples/sample.ts'
export type { WindowCorner, WindowPart, WindowPlace } from './data/samples/window/place.ts'
export { decode, type Size } from './data/sources/decode.ts'
export { drawClip } from './data/sources/drawn/draw-clip.ts'
export { drawImage } from './data/sources/drawn/draw-image.ts'
export { isVideoName } from './data/sources/extensions.ts'
export type { Pixels } from './data/sources/pixels.ts'
export { type Clip, type ClipReader, clipReader } from './data/sources/read-clip.ts'
export { type ImageReader, imageReader } from './data/sources/read-image.ts'
export { type FileLook, fileLook } from './data/sources/sound-file.ts'
export type { CropRange, ShortSide } from './data/transforms/augment/crop.ts'
export {
  type ImageOperation,
  type RandAugment,
  randOperations,
} from './data/transforms/augment/rand-augment.ts'
export {
  type AugmentKey,
  type AugmentSettings,
  createTransform,
  type SpatialView,
  type Transform,
  type TransformSettings,
  toInput,
} from './data/transforms/transforms.ts'
export type { Seen, Truth } from './data/truth.ts'
export type { AsideSettings } from './data/truths/stratify.ts'
export type { PartCounts } from './run/survey/counts.ts'
export type { DataSurvey } from './run/survey/survey.ts'
export { type SurveyControl, type SurveyInput, surveyData } from './run/survey/survey-data.ts'
