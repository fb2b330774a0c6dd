import { parentPort, workerData } from 'node:worker_threads'
import { isLabelMap } from '../label-map.ts'
import { endTools } from '../sources/video/tools.ts'
import { type Batch, type BatchMakerSettings, type BatchPlan, batchMaker } from './batch.ts'

/** A message from the loader to a worker. */
export type WorkerRequest<T> = { readonly id: number; readonly plan: BatchPlan<T> } | 'close'

/** A worker's answer: a batch, or the name and message of an error. */
export interface WorkerReply<T> {
  readonly id: number
  readonly batch?: Batch<T>
  readonly error?: { readonly name: string; readonly message: string }
}

const port = parentPort
if (port === null) throw new Error('loader-worker: this file is the script of a thread')
const settings: BatchMakerSettings = workerData
const maker = batchMaker(settings)
let queue = Promise.resolve()
let closing = false

async function answer(id: number, plan: BatchPlan<unknown>): Promise<void> {
  if (closing) return
  const send = (reply: WorkerReply<unknown>, moved: ArrayBuffer[] = []): void =>
    port?.postMessage(reply, moved)
  try {
    const batch = await maker.make(plan)
    send({ id, batch }, buffersOf(batch))
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    send({ id, error: { name, message } })
  }
}

/** Memory of a batch that moves to the other thread instead of being copied. */
function buffersOf({ images, indices, truths }: Batch): ArrayBuffer[] {
  const maps = truths.flatMap((truth) => (isLabelMap(truth) ? [truth.data.buffer] : []))
  return [images.buffer, indices.buffer, ...maps]
}

port.on('message', (request: WorkerRequest<unknown>) => {
  if (request === 'close') {
    closing = true
    endTools() // a damaged video may keep one busy for minutes
    queue = queue.then(() => {
      maker.close()
      port.close()
    })
  } else {
    queue = queue.then(() => answer(request.id, request.plan))
  }
})
