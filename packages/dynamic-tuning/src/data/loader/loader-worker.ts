import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Batch, type BatchMakerSettings, type BatchPlan, batchMaker } from './batch.ts'

/** What the loader sends to a worker. */
export type WorkerRequest = { readonly id: number; readonly plan: BatchPlan } | 'close'

/** What a worker answers: a batch, or the name and message of an error. */
export interface WorkerReply {
  readonly id: number
  readonly batch?: Batch
  readonly error?: { readonly name: string; readonly message: string }
}

const port = parentPort as MessagePort
const maker = batchMaker(workerData as BatchMakerSettings)
let queue = Promise.resolve()
let closing = false

async function answer(id: number, plan: BatchPlan): Promise<void> {
  if (closing) return
  try {
    const batch = await maker.make(plan)
    port.postMessage({ id, batch } satisfies WorkerReply, [
      batch.images.buffer,
      batch.labels.buffer,
      batch.indices.buffer,
    ])
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    port.postMessage({ id, error: { name, message } } satisfies WorkerReply)
  }
}

port.on('message', (request: WorkerRequest) => {
  if (request === 'close') {
    closing = true
    queue = queue.then(() => {
      maker.close()
      port.close()
    })
  } else {
    queue = queue.then(() => answer(request.id, request.plan))
  }
})
