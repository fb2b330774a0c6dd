import { availableParallelism } from 'node:os'
import { random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../errors.ts'
import type { Example } from '../example.ts'
import { cacheMemory } from '../samples/pixel-cache.ts'
import { sampleOf } from '../samples/registry.ts'
import type { Sample, SampleSettings } from '../samples/sample.ts'
import { createTransform, type TransformSettings } from '../transforms/transforms.ts'
import type { BadExample, Batch, BatchMakerSettings, BatchPlan, Placed } from './batch.ts'
import { type BatchOrder, type BatchOrderSettings, batchOrder } from './batch-order.ts'
import { type BatchSource, onThisThread, workerPool } from './workers.ts'

/** Settings of a loader. */
export interface LoaderSettings<T = unknown> extends BatchOrderSettings {
  readonly transform: TransformSettings
  /** How clips are made from examples that are videos; undefined for images. */
  readonly sample?: SampleSettings | undefined
  /**
   * True to continue after examples that cannot be read: with shuffling others replace them, otherwise
   * they are left out. Default false.
   */
  readonly skipBad?: boolean
  /** Called once per example that cannot be read. */
  readonly onBad?: ((bad: BadExample, example: Example<T>) => void) | undefined
  /**
   * Number of threads that decode and augment; 0 uses this thread. Default: number of
   * cores - 1, between 1 and 8.
   */
  readonly workers?: number
  /** Number of batches prepared ahead. Default 4; 1 for windows in evaluation. */
  readonly prefetch?: number
  /** Memory for decoded images, which later epochs need not decode again; 0 for none. Default 1024. */
  readonly cacheMB?: number
}

/** Which part of an epoch is wanted. */
export interface EpochOptions {
  /** Number of batches to leave out at the start. Default 0. */
  readonly fromStep?: number
  readonly signal?: AbortSignal | undefined
}

/** Batches of examples, prepared by worker threads. */
export interface Loader<T = unknown> {
  /** The kind of sample in its batches. */
  readonly sample: Sample
  readonly stepsPerEpoch: number
  /** Number of examples that an epoch leaves out because the last batch is not full. */
  readonly skipped: number
  /** Examples that could not be read so far, by index; see `skipBad`. */
  readonly bad: ReadonlyMap<number, string>
  /** Total time spent waiting for batches so far, in seconds. */
  readonly waitSeconds: number
  /**
   * The batches of an epoch. A batch depends only on the seed, the epoch and the step, not on threads.
   * Aborting `signal` ends the epoch, also while a batch is waited for.
   * @throws DataError naming an image that cannot be read
   */
  epoch(epoch: number, options?: EpochOptions): AsyncGenerator<Batch<T>, void, void>
  /** Ends the threads. */
  close(): Promise<void>
}

/** Creates a loader of `examples`. @throws ConfigError if a setting is invalid */
export function createLoader<T>(examples: readonly Example<T>[], settings: LoaderSettings<T>): Loader<T> {
  check(examples, settings)
  return new ThreadedLoader(examples, settings)
}

/** Number of spares for a batch; if all of them are bad too, something is wrong with the data as a whole. */
const mostBad = 20

class ThreadedLoader<T> implements Loader<T> {
  readonly sample: Sample
  readonly bad = new Map<number, string>()
  waitSeconds = 0
  private readonly order: BatchOrder
  private source: BatchSource<T> | undefined

  constructor(
    private readonly examples: readonly Example<T>[],
    private readonly settings: LoaderSettings<T>,
  ) {
    this.sample = sampleOf(settings.sample ?? {})
    this.order = batchOrder(examples.length, settings)
  }

  get stepsPerEpoch(): number {
    return this.order.stepsPerEpoch
  }

  get skipped(): number {
    return this.order.skipped
  }

  async *epoch(
    epoch: number,
    { fromStep = 0, signal }: EpochOptions = {},
  ): AsyncGenerator<Batch<T>, void, void> {
    this.source ??= openSource<T>(this.examples.length, this.settings, this.sample)
    const { source, stepsPerEpoch, sample } = this
    const { prefetch = sample.prefetch } = this.settings
    const indicesAt = this.order.epoch(epoch)
    const ahead: Promise<Batch<T>>[] = []
    let asked = fromStep
    for (let step = fromStep; step < stepsPerEpoch; step++) {
      for (; asked < Math.min(stepsPerEpoch, step + 1 + prefetch); asked++) {
        const batch = source.request(this.plan(epoch, asked, indicesAt(asked)))
        batch.catch(() => {}) // reported when its turn comes; until then nobody listens
        ahead.push(batch)
      }
      const batch = await this.waitFor(source, ahead.shift(), signal)
      if (signal?.aborted) return
      if (batch && batch.size > 0) yield batch
    }
  }

  async close(): Promise<void> {
    const { source } = this
    this.source = undefined
    await source?.close()
  }

  private plan(epoch: number, step: number, indices: Int32Array): BatchPlan<T> {
    const { seed, shuffle = false, skipBad = false } = this.settings
    const spares = (): Placed<T>[] => {
      const draws = random(seed, 'replace', epoch, step)
      return this.placed(Array.from({ length: mostBad }, () => draws.integer(this.examples.length)))
    }
    return { epoch, planned: this.placed(indices), spares: shuffle && skipBad ? spares() : undefined }
  }

  private placed(indices: ArrayLike<number>): Placed<T>[] {
    return Array.from(indices).flatMap((index) => {
      const example = this.examples[index]
      return example ? [{ index, example }] : []
    })
  }

  private async waitFor(
    source: BatchSource<T>,
    batch: Promise<Batch<T>> | undefined,
    signal: AbortSignal | undefined,
  ) {
    const start = performance.now()
    const made = batch && (await orAborted(source.wait(batch), signal))
    this.waitSeconds += (performance.now() - start) / 1000
    for (const found of made?.bad ?? []) this.note(found)
    return made
  }

  private note(found: BadExample): void {
    const example = this.examples[found.index]
    if (this.bad.has(found.index) || example === undefined) return
    this.bad.set(found.index, found.reason)
    this.settings.onBad?.(found, example)
  }
}

/** What is waited for, or undefined as soon as `signal` is aborted: a reader may take for ever. */
function orAborted<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return wait
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    wait.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism() - 1))
}

function openSource<T>(
  examples: number,
  settings: Omit<LoaderSettings, 'onBad'>,
  { cached }: Sample,
): BatchSource<T> {
  const { transform, sample = {}, seed, skipBad = false, workers = defaultWorkers() } = settings
  const { deterministic } = createTransform(transform)
  const { cacheMB = 1024 } = cached ? settings : { cacheMB: 0 }
  const needed = deterministic
    ? examples * (transform.height * transform.width * 3 + 3)
    : Number.POSITIVE_INFINITY
  const bytes = Math.min(cacheMB * 2 ** 20, needed)
  const cache = bytes > 0 ? cacheMemory(examples, bytes) : undefined
  const making: BatchMakerSettings = { transform, sample, seed, cache, skipBad }
  return workers > 0 ? workerPool(workers, making) : onThisThread(making)
}

function check(examples: readonly Example[], settings: Omit<LoaderSettings, 'onBad'>): void {
  const { batch, dropLast, workers = 0, prefetch = 1, cacheMB = 0 } = settings
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least
  if (examples.length === 0) throw new ConfigError('loader: there are no examples. Give at least one.')
  if (!whole(batch, 1))
    throw new ConfigError(`loader: batch must be a whole number of at least 1, got ${batch}`)
  if (!whole(workers, 0))
    throw new ConfigError(`loader: workers must be a whole number, 0 or more, got ${workers}`)
  if (!whole(prefetch, 1)) throw new ConfigError(`loader: prefetch must be at least 1, got ${prefetch}`)
  if (!(cacheMB >= 0)) throw new ConfigError(`loader: cacheMB must be 0 or more, got ${cacheMB}`)
  if (dropLast && examples.length < batch) {
    throw new ConfigError(
      `loader: ${examples.length} examples make no full batch of ${batch}. Use a smaller batch.`,
    )
  }
  createTransform(settings.transform)
}
