import { DataError } from '../../errors.ts'
import type { Example } from '../example.ts'
import { sampleOf } from '../samples/registry.ts'
import type {
  MakerSettings,
  RowMemory,
  SampleMaker,
  SampleSettings,
  WrittenSample,
} from '../samples/sample.ts'
import type { WindowPlace } from '../samples/window/place.ts'

/** Images, clips or windows of pictures ready for a model, with their truths and indices. */
export interface Batch<T = unknown> {
  /**
   * Normalised, [rows, 3, height, width], or [rows, 3, T, height, width] for clips. All views of a clip and
   * all windows of a picture follow one another.
   */
  readonly images: Float32Array<ArrayBuffer>
  /** Number of rows of `images`. */
  readonly rows: number
  /** The truth of each example. */
  readonly truths: readonly T[]
  /** Where the windows of each example lie; in evaluation of pictures in windows only. */
  readonly places?: readonly WindowPlace[]
  /** Place of each example in the list of examples, [size]. */
  readonly indices: Int32Array<ArrayBuffer>
  /** Number of examples. */
  readonly size: number
  /**
   * Examples that could not be read and were left out, or replaced by others in
   * training; only with `skipBad`.
   */
  readonly bad?: readonly BadExample[]
}

/** An example that cannot be read, and why. */
export interface BadExample {
  readonly index: number
  readonly reason: string
}

/** An example and its index in the list of examples. */
export interface Placed<T> {
  readonly index: number
  readonly example: Example<T>
}

/**
 * The examples of a batch, and the epoch for their augmentation. The plan contains the examples, so that
 * workers need no list of all: for a million images that would take 200 MB and seconds in each worker.
 */
export interface BatchPlan<T> {
  readonly epoch: number
  readonly planned: readonly Placed<T>[]
  /** Replacements for examples that cannot be read, so that the batch stays full. */
  readonly spares?: readonly Placed<T>[] | undefined
}

/** All other settings of a batch maker. Can be sent to a worker. */
export interface BatchMakerSettings extends MakerSettings {
  readonly sample: SampleSettings
  /**
   * True to replace examples that cannot be read by the plan's spares, or to leave them
   * out if there are no spares.
   */
  readonly skipBad?: boolean
}

/** Makes batches from plans. */
export interface BatchMaker {
  /**
   * @throws DataError naming an image or clip that cannot be read, without `skipBad` or
   * if all spares are bad too
   */
  make<T>(plan: BatchPlan<T>): Promise<Batch<T>>
  close(): void
}

/** Number of images of a batch decoded at once; keeps this thread and the decoder's threads busy. */
const inFlight = 4

/** Creates a batch maker. A batch depends only on the seed and the plan. */
export function batchMaker({ skipBad = false, sample: settings, ...making }: BatchMakerSettings): BatchMaker {
  const maker = sampleOf(settings).maker(making)

  async function make<T>(plan: BatchPlan<T>): Promise<Batch<T>> {
    const size = plan.planned.length
    const memory = batchMemory(maker, size)
    const bad = new Map<number, string>()
    const written: (Row | undefined)[] = new Array(size).fill(undefined)
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < size) {
        const place = next++
        written[place] = await writeAt(place, plan, { maker, memory, bad: skipBad ? bad : undefined })
      }
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, size) }, lane))
    return {
      ...gather<T>(written, maker),
      bad: Array.from(bad, ([index, reason]) => ({ index, reason })).sort((a, b) => a.index - b.index),
    }
  }
  return { make, close: () => maker.close() }
}

/** Memory for the rows of the example at each position of a batch. */
type BatchMemory = (position: number, rows: number) => RowMemory

/** One array where all examples have as many rows, which becomes the batch; else one for each example. */
function batchMemory({ rows: fixed, length }: SampleMaker, size: number): BatchMemory {
  if (fixed === undefined) return (_, rows) => ({ out: new Float32Array(rows * length), offset: 0 })
  const out = new Float32Array(size * fixed * length)
  return (position) => ({ out, offset: position * fixed * length })
}

/** An example of a batch, written. */
interface Row extends WrittenSample {
  readonly index: number
  readonly memory: RowMemory
  /** Count of its numbers. */
  readonly length: number
}

interface Writing {
  readonly maker: SampleMaker
  readonly memory: BatchMemory
  /** Collects the examples that cannot be read, with reasons; if undefined, they are errors. */
  readonly bad: Map<number, string> | undefined
}

/**
 * Writes the planned example at a position of the batch, or a spare if it cannot be read. Returns the example
 * written, or undefined if there was none.
 */
async function writeAt<T>(
  place: number,
  plan: BatchPlan<T>,
  { maker, memory, bad }: Writing,
): Promise<Row | undefined> {
  for (const { index, example } of candidates(place, plan)) {
    try {
      let used: Pick<Row, 'memory' | 'length'> = { memory: memory(place, 0), length: 0 }
      const written = await maker.write(example, { epoch: plan.epoch, index }, (rows) => {
        used = { memory: memory(place, rows), length: rows * maker.length }
        return used.memory
      })
      return { ...written, ...used, index }
    } catch (error) {
      if (!(error instanceof DataError) || bad === undefined) throw error
      bad.set(index, error.message)
    }
  }
  if (plan.spares === undefined) return undefined
  const last = [...(bad?.values() ?? [])].at(-1)
  throw new DataError(`loader: ${plan.spares.length} examples in a row cannot be read, the last: ${last}`)
}

/**
 * The planned example, then all spares; each position starts with a different spare, so that two bad
 * examples get different replacements.
 */
function candidates<T>(place: number, { planned, spares = [] }: BatchPlan<T>): Placed<T>[] {
  const first = spares.length === 0 ? 0 : place % spares.length
  return [...planned.slice(place, place + 1), ...spares.slice(first), ...spares.slice(0, first)]
}

/** Builds the batch from the positions that were written. */
function gather<T>(written: readonly (Row | undefined)[], { length }: SampleMaker): Batch<T> {
  const kept = written.flatMap((each) => (each ? [each] : []))
  const images = joined(kept)
  const places = kept.flatMap(({ place }) => (place ? [place] : []))
  return {
    images,
    rows: images.length / length,
    // What becomes of a stored truth is the business of the kind of sample.
    truths: kept.map(({ truth }) => truth as T),
    ...(places.length > 0 && { places }),
    indices: Int32Array.from(kept, ({ index }) => index),
    size: kept.length,
  }
}

/** The rows of all examples in one array: the memory itself if they fill it. */
function joined(rows: readonly Row[]): Float32Array<ArrayBuffer> {
  const count = rows.reduce((sum, { length }) => sum + length, 0)
  const [first] = rows
  if (first?.memory.out.length === count && rows.every(({ memory }) => memory.out === first.memory.out))
    return first.memory.out
  const whole = new Float32Array(count)
  let at = 0
  for (const { memory, length } of rows) {
    whole.set(memory.out.subarray(memory.offset, memory.offset + length), at)
    at += length
  }
  return whole
}
