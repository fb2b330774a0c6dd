import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { DataError, ToolError, TuningError } from '../../errors.ts'
import { type Batch, type BatchMakerSettings, type BatchPlan, batchMaker } from './batch.ts'
import type { WorkerReply, WorkerRequest } from './loader-worker.ts'

/** Makes batches from plans, on this thread or on others. */
export interface BatchSource<T> {
  /** Starts a batch; several may be in progress. */
  request(plan: BatchPlan<T>): Promise<Batch<T>>
  /** Waits for a batch, and keeps the process alive until then. */
  wait(batch: Promise<Batch<T>>): Promise<Batch<T>>
  close(): Promise<void>
}

/** Makes batches on this thread. */
export function onThisThread<T>(settings: BatchMakerSettings): BatchSource<T> {
  const maker = batchMaker(settings)
  return {
    request: (plan) => maker.make(plan),
    wait: (batch) => batch,
    close: async () => maker.close(),
  }
}

interface Pending<T> {
  readonly resolve: (batch: Batch<T>) => void
  readonly reject: (error: Error) => void
}

/** A thread and the batches requested from it. */
interface LoaderThread<T> {
  readonly worker: Worker
  readonly pending: Map<number, Pending<T>>
  failure: Error | undefined
}

/**
 * Threads that make batches, each with its own queue, so that they continue while a model step blocks the
 * main thread. They do not keep the process alive unless a batch is being waited for.
 */
export function workerPool<T>(count: number, settings: BatchMakerSettings): BatchSource<T> {
  const script = createRequire(import.meta.url).resolve('dynamic-tuning/loader-worker')
  const threads = Array.from({ length: count }, () => startThread<T>(script, settings))
  let ids = 0
  let waiters = 0
  let closing = false
  return {
    request(plan) {
      const thread = threads.reduce((best, other) => (other.pending.size < best.pending.size ? other : best))
      return new Promise((resolve, reject) => {
        if (thread.failure) return reject(thread.failure)
        const id = ids++
        thread.pending.set(id, { resolve, reject })
        thread.worker.postMessage({ id, plan } satisfies WorkerRequest<T>)
      })
    },
    async wait(batch) {
      if (waiters++ === 0) for (const { worker } of threads) worker.ref()
      try {
        return await batch
      } finally {
        // A wait that was left may end while threads are closing, which the process has to wait for.
        if (--waiters === 0 && !closing) for (const { worker } of threads) worker.unref()
      }
    },
    async close() {
      closing = true
      await Promise.all(threads.map(endThread))
    },
  }
}

function startThread<T>(script: string, settings: BatchMakerSettings): LoaderThread<T> {
  const worker = new Worker(script, { workerData: settings, name: 'loader', execArgv: [] })
  const thread: LoaderThread<T> = { worker, pending: new Map(), failure: undefined }
  const fail = (error: Error): void => {
    thread.failure ??= error
    for (const { reject } of thread.pending.values()) reject(thread.failure)
    thread.pending.clear()
  }
  worker.on('message', ({ id, batch, error }: WorkerReply<T>) => {
    const pending = thread.pending.get(id)
    thread.pending.delete(id)
    if (batch) pending?.resolve(batch)
    else pending?.reject(errorOf(error ?? { name: 'Error', message: 'no answer' }))
  })
  worker.on('error', (error) => fail(new TuningError(`loader: a worker failed: ${error.message}`)))
  worker.on('exit', (code) => fail(new TuningError(`loader: a worker ended with code ${code}`)))
  worker.unref()
  return thread
}

async function endThread<T>({ worker, failure }: LoaderThread<T>): Promise<void> {
  if (failure) return
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.ref()
  worker.postMessage('close')
  await gone
}

/** Errors cross threads as text; the types that a user can act on are restored. */
function errorOf({ name, message }: { name: string; message: string }): Error {
  if (name === 'DataError') return new DataError(message)
  if (name === 'ToolError') return new ToolError(message)
  return new TuningError(`loader: ${name}: ${message}`)
}
