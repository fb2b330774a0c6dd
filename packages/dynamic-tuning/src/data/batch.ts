import { random } from '@dynamic-tuning/engine'
import { DataError } from '../errors.ts'
import type { Example } from './example.ts'
import { type SampleMaker, type SampleSettings, sampleMaker } from './samples.ts'

/** Images or clips ready for a model, with their labels and their places in the list of examples. */
export interface Batch {
  /** [size, 3, height, width], normalised; of clips [size * views, 3, T, height, width], the views of one after the other. */
  readonly images: Float32Array<ArrayBuffer>
  /** [size]. */
  readonly labels: BigInt64Array<ArrayBuffer>
  /** [size]. */
  readonly indices: Int32Array<ArrayBuffer>
  readonly size: number
  /** Samples of each example: test views of a clip, else 1 (default). */
  readonly views?: number
  /** Examples that could not be read and were left out, or in training replaced by others; only with `skipBad`. */
  readonly bad?: readonly BadExample[]
}

/** An example that cannot be read, and why. */
export interface BadExample {
  readonly index: number
  readonly reason: string
}

/** Which examples make up a batch, and the epoch their augmentation is drawn for. */
export interface BatchPlan {
  readonly epoch: number
  readonly indices: Int32Array<ArrayBuffer>
}

/** Everything that batches are made from. Can be sent to a worker. */
export interface BatchMakerSettings extends SampleSettings {
  /** Go on without examples that cannot be read: `replace` takes others instead, so that batches stay full, `omit` none. */
  readonly skipBad?: 'replace' | 'omit' | undefined
}

/** Makes batches from plans. */
export interface BatchMaker {
  /** @throws DataError naming the image or clip that cannot be read, without `skipBad` */
  make(plan: BatchPlan): Promise<Batch>
  close(): void
}

/** How many images of a batch are being decoded at once: keeps the decoder's threads and this one busy. */
const inFlight = 4

/** A maker of batches. A batch depends on the seed and the plan only. */
export function batchMaker(settings: BatchMakerSettings): BatchMaker {
  const { examples } = settings
  const maker = sampleMaker(settings)

  async function make({ epoch, indices: planned }: BatchPlan): Promise<Batch> {
    const images = new Float32Array(planned.length * maker.length)
    const indices = new Int32Array(planned)
    const bad: BadExample[] = []
    const lost = new Set<number>()
    const writing = { ...settings, maker, epoch, images, bad }
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < planned.length) {
        const place = next++
        const index = await writeAt(place, planned[place] as number, writing)
        if (index === undefined) lost.add(place)
        else indices[place] = index
      }
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, planned.length) }, lane))
    bad.sort((a, b) => a.index - b.index)
    const kept = lost.size === 0 ? { images, indices } : without(lost, images, indices)
    const labels = BigInt64Array.from(kept.indices, (index) => BigInt((examples[index] as Example).label))
    return { ...kept, labels, size: kept.indices.length, views: maker.views, bad }
  }
  return { make, close: () => maker.close() }
}

interface Writing extends BatchMakerSettings {
  readonly maker: SampleMaker
  readonly epoch: number
  readonly images: Float32Array
  readonly bad: BadExample[]
}

/** So many in a row that cannot be read are no accident. */
const mostBad = 20

/** Writes an example, or another where it cannot be read; returns which, or undefined where none was written. */
async function writeAt(place: number, wanted: number, writing: Writing): Promise<number | undefined> {
  const { maker, epoch, images, skipBad, seed, examples, bad } = writing
  const others = random(seed, 'replace', epoch, wanted)
  let index = wanted
  for (let tries = 0; ; tries++) {
    try {
      await maker.write(index, epoch, images, place * maker.length)
      return index
    } catch (error) {
      if (!(error instanceof DataError) || skipBad === undefined) throw error
      if (!bad.some((each) => each.index === index)) bad.push({ index, reason: error.message })
      if (skipBad === 'omit') return undefined
      if (tries === mostBad)
        throw new DataError(`loader: ${tries} examples in a row cannot be read, the last: ${error.message}`)
      index = others.integer(examples.length)
    }
  }
}

function without(lost: ReadonlySet<number>, images: Float32Array<ArrayBuffer>, indices: Int32Array) {
  const length = images.length / indices.length
  const places = [...indices.keys()].filter((place) => !lost.has(place))
  const kept = new Float32Array(places.length * length)
  for (const [to, from] of places.entries())
    kept.set(images.subarray(from * length, (from + 1) * length), to * length)
  return { images: kept, indices: Int32Array.from(places, (place) => indices[place] as number) }
}
