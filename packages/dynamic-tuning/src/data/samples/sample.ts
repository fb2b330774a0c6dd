import type { Outputs } from '../../network/outputs.ts'
import type { ImageSource } from '../example.ts'
import type { Pixels } from '../sources/pixels.ts'
import type { samplings } from '../sources/video/sample-frames.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import type { CacheMemory } from './pixel-cache.ts'
import type { SampleWord } from './word.ts'

/** How samples are made from the examples of a dataset; for images all fields are undefined. Plain JSON. */
export interface SampleSettings {
  /** T, number of frames of a clip. */
  readonly frames?: number | undefined
  /** See `FrameSampling`. Default `uniform`, or `dense` if `samplingRate` is set. */
  readonly sampling?: (typeof samplings)[number] | undefined
  /** Step between the frames of a dense clip. Default 16. */
  readonly samplingRate?: number | undefined
  /**
   * Number of spatial and temporal test views of a video; undefined for one clip from a
   * random position, as in training.
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

/** Converts examples to a model's input. */
export interface SampleMaker {
  /** Count of numbers per example, including all views. */
  readonly length: number
  /**
   * Writes all views of a source to `out`, starting at `offset`.
   * @throws DataError naming a file that cannot be read; ToolError if a program needed to read it is missing
   */
  write(source: ImageSource, at: SampleKey, out: Float32Array, offset: number): Promise<void>
  close(): void
}

/** A picture of a sample, with its frame number in the video. */
export interface SamplePicture {
  readonly picture: Pixels
  readonly number: number
}

/** A kind of model input with its settings: everything that reading, reports and exports need to know. */
export interface Sample {
  readonly word: SampleWord
  /** Number of samples made from each example: test views of a video, otherwise 1. */
  readonly views: number
  /** True if its pictures are frames in time. */
  readonly moving: boolean
  /**
   * Why an example may give a different sample in each epoch even without augmentation;
   * undefined if it does not.
   */
  readonly varies: string | undefined
  /** Fields for summaries and exported files. */
  readonly facts: { readonly frames?: number }
  /** Defaults of run settings that differ for this kind. */
  readonly defaults: Partial<Pick<TransformSettings, 'resize'>>
  /** Its settings with defaults filled in. @throws ConfigError if they do not fit a run with this `resize` */
  complete(run: Pick<TransformSettings, 'resize'>): SampleSettings
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
