import { DataError } from '../../errors.ts'
import type { Example } from '../example.ts'
import { sampleOf } from '../samples/registry.ts'
import type { MakerSettings, SampleMaker, SampleSettings } from '../samples/sample.ts'

/** Images or clips ready for a model, with what is known of them and their places in the list of examples. */
export interface Batch<T = unknown> {
  /** [size, 3, height, width], normalised; of clips [size * views, 3, T, height, width], the views of one after the other. */
  readonly images: Float32Array<ArrayBuffer>
  /** The truth of each example. */
  readonly truths: readonly T[]
  /** [size]. */
  readonly indices: Int32Array<ArrayBuffer>
  readonly size: number
  /** Examples that could not be read and were left out, or in training replaced by others; only with `skipBad`. */
  readonly bad?: readonly BadExample[]
}

/** An example that cannot be read, and why. */
export interface BadExample {
  readonly index: number
  readonly reason: string
}

/** An example and its place in the list of all. */
export interface Placed<T> {
  readonly index: number
  readonly example: Example<T>
}

/**
 * Which examples make up a batch, and the epoch their augmentation is drawn for. It brings the examples along, so that a worker
 * never holds a list of all: with a million images that would be 200 MB and seconds for each.
 */
export interface BatchPlan<T> {
  readonly epoch: number
  readonly planned: readonly Placed<T>[]
  /** What takes the place of examples that cannot be read, so that the batch stays full. */
  readonly spares?: readonly Placed<T>[] | undefined
}

/** Everything else that batches are made from. Can be sent to a worker. */
export interface BatchMakerSettings extends MakerSettings {
  readonly sample: SampleSettings
  /** Go on without examples that cannot be read: the plan's spares replace them; without spares they are left out. */
  readonly skipBad?: boolean
}

/** Makes batches from plans. */
export interface BatchMaker {
  /** @throws DataError naming the image or clip that cannot be read, without `skipBad` or where all spares are bad too */
  make<T>(plan: BatchPlan<T>): Promise<Batch<T>>
  close(): void
}

/** How many images of a batch are being decoded at once: keeps the decoder's threads and this one busy. */
const inFlight = 4

/** A maker of batches. A batch depends on the seed and the plan only. */
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
  /** Takes the examples that cannot be read, and why; absent: they are errors. */
  readonly bad: Map<number, string> | undefined
}

/** Writes the example planned for a place, or a spare if it cannot be read; returns which, or undefined if none was written. */
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

/** The planned example, then all spares; each place begins with another, so that two bad examples do not become the same. */
function candidates<T>(place: number, { planned, spares = [] }: BatchPlan<T>): Placed<T>[] {
  const first = spares.length === 0 ? 0 : place % spares.length
  return [...planned.slice(place, place + 1), ...spares.slice(first), ...spares.slice(0, first)]
}

/** A batch of the places that were written. */
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
