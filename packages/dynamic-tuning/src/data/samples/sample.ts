import type { Outputs } from '../../network/outputs.ts'
import type { ImageSource } from '../example.ts'
import type { Pixels } from '../sources/pixels.ts'
import type { samplings } from '../sources/video/sample-frames.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import type { CacheMemory } from './pixel-cache.ts'
import type { SampleWord } from './word.ts'

/** How samples are made from the entries of a dataset; all absent for images. Plain JSON. */
export interface SampleSettings {
  /** T, frames of a clip. */
  readonly frames?: number | undefined
  /** See `FrameSampling`. Default `uniform`, or `dense` where `samplingRate` is given. */
  readonly sampling?: (typeof samplings)[number] | undefined
  /** Step between the frames of a dense clip. Default 16. */
  readonly samplingRate?: number | undefined
  /** Spatial and temporal test views of a video; absent: one clip from a random place, as in training. */
  readonly views?: readonly [spatial: number, temporal: number] | undefined
}

/** What samples are made with beside their settings. Can be sent to a worker. */
export interface MakerSettings {
  readonly transform: TransformSettings
  readonly seed: number
  readonly cache: CacheMemory | undefined
}

/** What a sample's random choices are drawn for: an epoch, and the example's place in the list of all. */
export interface SampleKey {
  readonly epoch: number
  readonly index: number
}

/** Turns examples into numbers for a model. */
export interface SampleMaker {
  /** Numbers of an example, all of its views. */
  readonly length: number
  /**
   * Writes the sample of a source, all of its views, from `offset` on.
   * @throws DataError naming the file that cannot be read; ToolError where a program is missing that reads it
   */
  write(source: ImageSource, at: SampleKey, out: Float32Array, offset: number): Promise<void>
  close(): void
}

/** A picture that a sample consists of, and its number in the video. */
export interface SamplePicture {
  readonly picture: Pixels
  readonly number: number
}

/** A kind of what a model takes, with its settings: what reading, reports and exports need to know of it. */
export interface Sample {
  readonly word: SampleWord
  /** Samples made of each example: test views of a video, else 1. */
  readonly views: number
  /** True if its pictures follow one another in time. */
  readonly moving: boolean
  /** Why an example may give another sample in another epoch, even without augmentation; undefined if it does not. */
  readonly varies: string | undefined
  /** What summaries and exported files say of it. */
  readonly facts: { readonly frames?: number }
  /** Settings of a run whose default differs for this kind. */
  readonly defaults: Partial<Pick<TransformSettings, 'resize'>>
  /**
   * Its settings, each decided.
   * @throws ConfigError if they do not suit a run with such a `resize`
   */
  complete(run: Pick<TransformSettings, 'resize'>): SampleSettings
  /** A maker of samples, which depend on the seed, the epoch and the example only. */
  maker(settings: MakerSettings): SampleMaker
  /** Outputs [B * views, ...] of `samples` examples, B, joined into one row for each: [B, ...]. */
  join(outputs: Outputs, samples: number): Outputs
  /** The pictures of the middle view of a source, not cropped, no smaller than `least` pixels unless the source is. */
  pictures(source: ImageSource, least: number): Promise<readonly SamplePicture[]>
}
