import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { DataError, ToolError, TuningError } from '../../errors.ts'
import type { Batch, BatchMakerSettings, BatchPlan } from './batch.ts'
import type { WorkerReply } from './loader-worker.ts'

/** Something that turns plans into batches, on this thread or on others. */
export interface BatchSource {
  /** Starts on a batch; several may be under way. */
  request(plan: BatchPlan): Promise<Batch>
  /** Waits for a batch, keeping the process alive meanwhile. */
  wait(batch: Promise<Batch>): Promise<Batch>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (batch: Batch) => void
  readonly reject: (error: Error) => void
}

/** A thread and the batches it owes. */
interface Hand {
  readonly worker: Worker
  readonly owed: Map<number, Waiting>
  failure: Error | undefined
}

/**
 * Threads that make batches on their own, each from its own queue, so that they go on while the main thread is
 * blocked in a model step. They do not keep the process alive unless a batch is being waited for.
 */
export function workerPool(count: number, settings: BatchMakerSettings): BatchSource {
  const script = createRequire(import.meta.url).resolve('dynamic-tuning/loader-worker')
  const hands = Array.from({ length: count }, () => hire(script, settings))
  let ids = 0
  let waiters = 0
  return {
    request(plan) {
      const hand = hands.reduce((best, other) => (other.owed.size < best.owed.size ? other : best))
      return new Promise((resolve, reject) => {
        if (hand.failure) return reject(hand.failure)
        const id = ids++
        hand.owed.set(id, { resolve, reject })
        hand.worker.postMessage({ id, plan })
      })
    },
    async wait(batch) {
      if (waiters++ === 0) for (const { worker } of hands) worker.ref()
      try {
        return await batch
      } finally {
        if (--waiters === 0) for (const { worker } of hands) worker.unref()
      }
    },
    async close() {
      await Promise.all(hands.map(dismiss))
    },
  }
}

function hire(script: string, settings: BatchMakerSettings): Hand {
  const worker = new Worker(script, { workerData: settings, name: 'loader', execArgv: [] })
  const hand: Hand = { worker, owed: new Map(), failure: undefined }
  const fail = (error: Error): void => {
    hand.failure ??= error
    for (const { reject } of hand.owed.values()) reject(hand.failure)
    hand.owed.clear()
  }
  worker.on('message', ({ id, batch, error }: WorkerReply) => {
    const waiting = hand.owed.get(id)
    hand.owed.delete(id)
    if (batch) waiting?.resolve(batch)
    else waiting?.reject(revive(error ?? { name: 'Error', message: 'no answer' }))
  })
  worker.on('error', (error) => fail(new TuningError(`loader: a worker failed: ${error.message}`)))
  worker.on('exit', (code) => fail(new TuningError(`loader: a worker ended with code ${code}`)))
  worker.unref()
  return hand
}

async function dismiss({ worker, failure }: Hand): Promise<void> {
  if (failure) return
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.ref()
  worker.postMessage('close')
  await gone
}

/** Errors cross threads as text; those a user can act on keep their type. */
function revive({ name, message }: { name: string; message: string }): Error {
  if (name === 'DataError') return new DataError(message)
  if (name === 'ToolError') return new ToolError(message)
  return new TuningError(`loader: ${name}: ${message}`)
}
