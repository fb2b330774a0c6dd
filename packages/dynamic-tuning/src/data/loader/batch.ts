import { DataError } from '../../errors.ts'
import type { Example } from '../example.ts'
import { sampleOf } from '../samples/registry.ts'
import type { MakerSettings, SampleMaker, SampleSettings } from '../samples/sample.ts'

/** Images or clips ready for a model, with their truths and their indices in the list of examples. */
export interface Batch<T = unknown> {
  /**
   * Normalised, [size, 3, height, width]; for clips [size * views, 3, T, height, width],
   * all views of a clip together.
   */
  readonly images: Float32Array<ArrayBuffer>
  /** The truth of each example. */
  readonly truths: readonly T[]
  /** [size]. */
  readonly indices: Int32Array<ArrayBuffer>
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
    const images = new Float32Array(size * maker.length)
    const bad = new Map<number, string>()
    const written: (Placed<T> | undefined)[] = new Array(size).fill(undefined)
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < size) {
        const place = next++
        written[place] = await writeAt(place, plan, { maker, images, bad: skipBad ? bad : undefined })
      }
    }
    await Promise.all(Array.from({ length: Math.min(inFlight, size) }, lane))
    return {
      ...gather(written, images),
      bad: Array.from(bad, ([index, reason]) => ({ index, reason })).sort((a, b) => a.index - b.index),
    }
  }
  return { make, close: () => maker.close() }
}

interface Writing {
  readonly maker: SampleMaker
  readonly images: Float32Array
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
  { maker, images, bad }: Writing,
): Promise<Placed<T> | undefined> {
  for (const placed of candidates(place, plan)) {
    const { index, example } = placed
    try {
      await maker.write(example.source, { epoch: plan.epoch, index }, images, place * maker.length)
      return placed
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
function gather<T>(written: readonly (Placed<T> | undefined)[], images: Float32Array<ArrayBuffer>) {
  const length = images.length / written.length
  const kept = written.flatMap((each, place) => (each ? [{ ...each, place }] : []))
  const whole = kept.length === written.length
  return {
    images: whole
      ? images
      : joined(
          kept.map(({ place }) => images.subarray(place * length, (place + 1) * length)),
          length,
        ),
    truths: kept.map(({ example }) => example.truth),
    indices: Int32Array.from(kept, ({ index }) => index),
    size: kept.length,
  }
}

function joined(parts: readonly Float32Array[], length: number): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(parts.length * length)
  parts.forEach((part, place) => {
    whole.set(part, place * length)
  })
  return whole
}
