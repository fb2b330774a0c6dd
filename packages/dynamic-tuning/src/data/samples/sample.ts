import type { ImageSource } from '../example.ts'
import { imageReader } from '../sources/read-image.ts'
import { createTransform, type TransformSettings } from '../transforms/transforms.ts'
import { type ClipSettings, clipSamples } from './clip.ts'
import { type CacheMemory, pixelCache } from './pixel-cache.ts'

/** What samples are made from. Can be sent to a worker. */
export interface SampleSettings {
  readonly transform: TransformSettings
  /** Samples are clips, read like this; absent: images. */
  readonly clips?: ClipSettings | undefined
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
  /** Samples of an example: test views of a clip, else 1. */
  readonly views: number
  /** Numbers of an example, all of its views. */
  readonly length: number
  /**
   * Writes the sample of a source, all of its views, from `offset` on.
   * @throws DataError naming the file that cannot be read; ToolError where a program is missing that reads it
   */
  write(source: ImageSource, at: SampleKey, out: Float32Array, offset: number): Promise<void>
  close(): void
}

/** A maker of samples, which depend on the seed, the epoch and the example only. */
export function sampleMaker(settings: SampleSettings): SampleMaker {
  const { clips } = settings
  return clips ? clipSamples({ ...settings, clips }) : imageSamples(settings)
}

function imageSamples({ transform: settings, seed, cache: memory }: SampleSettings): SampleMaker {
  const transform = createTransform(settings)
  const cache = memory && pixelCache(memory)
  const reader = imageReader(Math.max(settings.height, settings.width))

  async function load(source: ImageSource, index: number) {
    const image = transform.prepare(await reader.read(source, transform.enough))
    cache?.put(index, image)
    return image
  }
  return {
    views: 1,
    length: 3 * settings.height * settings.width,
    async write(source, { epoch, index }, out, offset) {
      const image = cache?.get(index) ?? (await load(source, index))
      transform.finish(image, { seed, epoch, index }, out, offset)
    },
    close: () => reader.close(),
  }
}
