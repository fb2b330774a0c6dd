import type { Outputs } from '../../network/outputs.ts'
import type { SomeOf } from '../../setting.ts'
import type { Example, ImageSource } from '../example.ts'
import type { Size } from '../sources/decode.ts'
import type { Pixels } from '../sources/pixels.ts'
import type { samplings } from '../sources/video/sample-frames.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import type { CacheMemory } from './pixel-cache.ts'
import type { WindowPlace } from './window/place.ts'
import type { windowSettings } from './window/settings.ts'
import type { SampleWord } from './word.ts'

/** How samples are made from the examples of a dataset; for images all fields are undefined. Plain JSON. */
export interface SampleSettings extends SomeOf<typeof windowSettings> {
  /** T, number of frames of a clip. */
  readonly frames?: number | undefined
  /** See `FrameSampling`. Default `uniform`, or `dense` if `samplingRate` is set. */
  readonly sampling?: (typeof samplings)[number] | undefined
  /** Step between the frames of a dense clip. Default 16. */
  readonly samplingRate?: number | undefined
  /**
   * Number of spatial and temporal test views of a video; undefined for one clip from a
   * random position, or a random window of a picture, as in training.
   */
  readonly views?: readonly [spatial: number, temporal: number] | undefined
}

/** Other settings of a sample maker. Can be sent to a worker. */
export interface MakerSettings {
  readonly transform: TransformSettings
  readonly seed: number
  readonly cache: CacheMemory | undefined
}

/** Key of a sample's random choices: the epoch, and the example's index in the list of examples. */
export interface SampleKey {
  readonly epoch: number
  readonly index: number
}

/** Memory for rows of a model's input. */
export interface RowMemory {
  readonly out: Float32Array<ArrayBuffer>
  readonly offset: number
}

/** What is known about an example once its rows are written. */
export interface WrittenSample {
  /** Its truth as a model's outputs are compared with: a label map has followed its picture. */
  readonly truth: unknown
  /** Where its windows lie; in evaluation of windows only. */
  readonly place?: WindowPlace
}

/** Converts examples to a model's input. */
export interface SampleMaker {
  /** Count of numbers per row: an image, a clip, a window. */
  readonly length: number
  /** Count of rows per example; undefined if it depends on the example. */
  readonly rows: number | undefined
  /**
   * Writes all rows of an example to the memory that `reserve` gives for so many rows.
   * @throws DataError naming a file that cannot be read; ToolError if a program needed to read it is missing
   */
  write(example: Example, at: SampleKey, reserve: (rows: number) => RowMemory): Promise<WrittenSample>
  close(): void
}

/** A picture of a sample, with its frame number in the video. */
export interface SamplePicture {
  readonly picture: Pixels
  readonly number: number
}

/** What a run does with images, as far as kinds of samples do not all allow it. */
export interface ImageHandling extends Pick<TransformSettings, 'resize'> {
  /** Name of an augmentation. */
  readonly augment?: string | undefined
  readonly mixup?: number | undefined
  readonly cutmix?: number | undefined
}

/** A kind of model input with its settings: everything that reading, reports and exports need to know. */
export interface Sample {
  readonly word: SampleWord
  /** Number of samples made from each example: test views of a video, otherwise 1. */
  readonly views: number
  /**
   * Rows of a usual example in evaluation, for the size of batches. `input` is the size of a model's input.
   */
  usualRows(input: Size): number
  /** True if its pictures are frames in time. */
  readonly moving: boolean
  /** Number of batches that a loader prepares ahead unless it is told otherwise. */
  readonly prefetch: number
  /** True if a loader may keep decoded pictures for later epochs. */
  readonly cached: boolean
  /**
   * Why an example may give a different sample in each epoch even without augmentation;
   * undefined if it does not.
   */
  readonly varies: string | undefined
  /** Fields for summaries and exported files. */
  readonly facts: { readonly frames?: number }
  /** Defaults of run settings that differ for this kind. */
  readonly defaults: Partial<Pick<TransformSettings, 'resize'>>
  /** Its settings with defaults filled in. @throws ConfigError if they do not fit the run */
  complete(run: ImageHandling): SampleSettings
  /** Creates a maker of samples, which depend only on the seed, the epoch and the example. */
  maker(settings: MakerSettings): SampleMaker
  /**
   * Joins the outputs [B * views, ...] of all views of B = `samples` examples into one
   * row per example, [B, ...].
   */
  join(outputs: Outputs, samples: number): Outputs
  /**
   * The uncropped pictures of the middle view of a source, at least `least` pixels in size
   * unless the source is smaller.
   */
  pictures(source: ImageSource, least: number): Promise<readonly SamplePicture[]>
}
