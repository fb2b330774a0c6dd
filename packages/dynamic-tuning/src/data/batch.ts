import { type CacheMemory, pixelCache } from './cache.ts'
import type { Example } from './example.ts'
import { imageReader } from './read.ts'
import { createTransform, type TransformSettings } from './transforms.ts'

/** Images ready for a model, with their labels and their places in the list of examples. */
export interface Batch {
  /** [size, 3, height, width], normalised. */
  readonly images: Float32Array<ArrayBuffer>
  /** [size]. */
  readonly labels: BigInt64Array<ArrayBuffer>
  /** [size]. */
  readonly indices: Int32Array<ArrayBuffer>
  readonly size: number
}

/**
 * Which examples make up a batch, and the epoch their augmentation is drawn for. It brings the examples along, so that a worker
 * never holds a list of all: with a million images that would be 200 MB and seconds for each.
 */
export interface BatchPlan {
  readonly epoch: number
  /** Places in the list of all examples. */
  readonly indices: Int32Array<ArrayBuffer>
  /** Those at the places. */
  readonly examples: readonly Example[]
}

/** Everything else that batches are made from. Can be sent to a worker. */
export interface BatchMakerSettings {
  readonly transform: TransformSettings
  readonly seed: number
  readonly cache: CacheMemory | undefined
}

/** Makes batches from plans. */
export interface BatchMaker {
  /** @throws DataError naming the image that cannot be read */
  make(plan: BatchPlan): Promise<Batch>
  close(): void
}

/** How many images of a batch are being decoded at once: keeps the decoder's threads and this one busy. */
const inFlight = 4

/** A maker of batches. A batch depends on the seed and the plan only. */
export function batchMaker({ transform: settings, seed, cache: memory }: BatchMakerSettings): BatchMaker {
  const transform = createTransform(settings)
  const cache = memory && pixelCache(memory)
  const reader = imageReader(Math.max(settings.height, settings.width))
  const length = 3 * settings.height * settings.width

  async function load({ source }: Example, index: number) {
    const image = transform.prepare(await reader.read(source, transform.enough))
    cache?.put(index, image)
    return image
  }

  async function make({ epoch, indices, examples }: BatchPlan): Promise<Batch> {
    const size = indices.length
    const images = new Float32Array(size * length)
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < size) {
        const place = next++
        const index = indices[place] as number
        const image = cache?.get(index) ?? (await load(examples[place] as Example, index))
        transform.finish(image, { seed, epoch, index }, images, place * length)
      }
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, size) }, lane))
    const labels = BigInt64Array.from(examples, ({ label }) => BigInt(label))
    return { images, labels, indices, size }
  }
  return { make, close: () => reader.close() }
}
