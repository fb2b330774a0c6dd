import { availableParallelism } from 'node:os'
import { type Random, random } from '@dynamic-tuning/engine'
import { ConfigError } from '../../errors.ts'
import type { Example } from '../example.ts'
import type { ClipSettings } from '../samples/clip.ts'
import { cacheMemory } from '../samples/pixel-cache.ts'
import { createTransform, type TransformSettings } from '../transforms/transforms.ts'
import {
  type BadExample,
  type Batch,
  type BatchMakerSettings,
  type BatchPlan,
  batchMaker,
  type Placed,
} from './batch.ts'
import { type BatchOrderSettings, batchOrder } from './batch-order.ts'
import { type BatchSource, workerPool } from './workers.ts'

/** How a loader goes through its examples. */
export interface LoaderSettings extends BatchOrderSettings {
  readonly transform: TransformSettings
  /** Examples are videos, of which such clips are made; absent: they are images. */
  readonly clips?: ClipSettings | undefined
  /** Go on without examples that cannot be read: others in their place where the batches are shuffled, else none. Default false. */
  readonly skipBad?: boolean
  /** Hears of each example that cannot be read, once. */
  readonly onBad?: ((bad: BadExample, example: Example) => void) | undefined
  /** Threads that decode and augment; 0 does it on this one. Default: one less than the cores, at most 8, at least 1. */
  readonly workers?: number
  /** Batches made ahead. Default 4. */
  readonly prefetch?: number
  /** Memory for decoded images, so that later epochs need not decode. Default 1024, 0 for none. */
  readonly cacheMB?: number
}

/** Batches of examples, made ahead by worker threads. */
export interface Loader {
  readonly stepsPerEpoch: number
  /** Examples an epoch leaves out, because the last batch is not full. */
  readonly skipped: number
  /** Examples that could not be read so far; see `skipBad`. */
  readonly bad: ReadonlyMap<number, string>
  /** How long batches have been waited for so far, in seconds. */
  readonly waitSeconds: number
  /**
   * The batches of an epoch. A batch depends on the seed, the epoch and the step only, never on threads.
   * @throws DataError naming an image that cannot be read
   */
  epoch(epoch: number, options?: { readonly fromStep?: number }): AsyncGenerator<Batch, void, void>
  /** Ends the threads. */
  close(): Promise<void>
}

/**
 * Makes a loader over `examples`.
 * @throws ConfigError if a setting makes no sense
 */
export function createLoader(examples: readonly Example[], settings: LoaderSettings): Loader {
  check(examples, settings)
  const { workers = defaultWorkers(), prefetch = 4 } = settings
  const { seed, shuffle = false, skipBad = false } = settings
  const order = batchOrder(examples.length, settings)
  const { stepsPerEpoch, skipped } = order
  let source: BatchSource | undefined
  let waitSeconds = 0
  const bad = new Map<number, string>()
  const note = (found: BadExample): void => {
    if (bad.has(found.index)) return
    bad.set(found.index, found.reason)
    settings.onBad?.(found, examples[found.index] as Example)
  }

  const placed = (indices: Int32Array<ArrayBuffer>): Placed => ({
    indices,
    examples: Array.from(indices, (index) => examples[index] as Example),
  })
  const sparesAt = (epoch: number, step: number): Placed | undefined =>
    shuffle && skipBad
      ? placed(spareIndices(examples.length, random(seed, 'replace', epoch, step)))
      : undefined

  async function* run(epoch: number, fromStep: number): AsyncGenerator<Batch, void, void> {
    source ??= openSource(examples.length, settings, workers)
    const indicesAt = order.epoch(epoch)
    const plan = (step: number): BatchPlan => ({
      epoch,
      ...placed(indicesAt(step)),
      spares: sparesAt(epoch, step),
    })
    const ahead: Promise<Batch>[] = []
    for (let step = fromStep, asked = fromStep; step < stepsPerEpoch; step++) {
      for (; asked < Math.min(stepsPerEpoch, step + 1 + prefetch); asked++) {
        const promise = source.request(plan(asked))
        promise.catch(() => {}) // reported when its turn comes; until then nobody listens
        ahead.push(promise)
      }
      const start = performance.now()
      const next = await source.wait(ahead.shift() as Promise<Batch>)
      waitSeconds += (performance.now() - start) / 1000
      next.bad?.forEach(note)
      if (next.size > 0) yield next
    }
  }

  return {
    stepsPerEpoch,
    skipped,
    bad,
    get waitSeconds() {
      return waitSeconds
    },
    epoch: (epoch, { fromStep = 0 } = {}) => run(epoch, fromStep),
    async close() {
      const open = source
      source = undefined
      await open?.close()
    },
  }
}

/** So many in a row that cannot be read are no accident. */
const mostBad = 20

/** Places of examples that may replace bad ones. */
function spareIndices(examples: number, draws: Random): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: mostBad }, () => draws.integer(examples))
}

function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism() - 1))
}

function openSource(examples: number, settings: LoaderSettings, workers: number): BatchSource {
  const { transform, clips, seed, skipBad = false } = settings
  const { deterministic } = createTransform(transform)
  // A video is too large to keep, and its frames change from epoch to epoch.
  const { cacheMB = 1024 } = clips ? { cacheMB: 0 } : settings
  const needed = deterministic
    ? examples * (transform.height * transform.width * 3 + 3)
    : Number.POSITIVE_INFINITY
  const bytes = Math.min(cacheMB * 2 ** 20, needed)
  const cache = bytes > 0 ? cacheMemory(examples, bytes) : undefined
  const making: BatchMakerSettings = { transform, clips, seed, cache, skipBad }
  return workers > 0 ? workerPool(workers, making) : onThisThread(making)
}

function onThisThread(settings: BatchMakerSettings): BatchSource {
  const maker = batchMaker(settings)
  return {
    request: (plan) => maker.make(plan),
    wait: (batch) => batch,
    close: async () => maker.close(),
  }
}

function check(examples: readonly Example[], settings: LoaderSettings): void {
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
