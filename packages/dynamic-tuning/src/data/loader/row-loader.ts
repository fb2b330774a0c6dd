import type { RowFile } from '../../io/row-file.ts'
import type { Example } from '../example.ts'
import { sampleOf } from '../samples/registry.ts'
import type { Batch } from './batch.ts'
import { type BatchOrderSettings, batchOrder } from './batch-order.ts'
import type { Loader } from './loader.ts'

/**
 * A loader of rows computed from examples beforehand, with the same batches as `createLoader`: `images` of a
 * batch are rows of the file, [size, width]. Row i belongs to example i.
 */
export function rowLoader<T>(
  examples: readonly Pick<Example<T>, 'truth'>[],
  rows: RowFile,
  settings: BatchOrderSettings,
): Loader<T> {
  const order = batchOrder(examples.length, settings)
  let waitSeconds = 0

  function read(indices: Batch['indices']): Batch<T> {
    const start = performance.now()
    const images = rows.read(indices)
    const truths = Array.from(indices).flatMap((index) => examples.slice(index, index + 1))
    waitSeconds += (performance.now() - start) / 1000
    const size = indices.length
    return { images, rows: size, truths: truths.map(({ truth }) => truth), indices, size }
  }

  return {
    sample: sampleOf({}),
    stepsPerEpoch: order.stepsPerEpoch,
    skipped: order.skipped,
    bad: new Map(),
    get waitSeconds() {
      return waitSeconds
    },
    async *epoch(epoch, { fromStep = 0 } = {}) {
      const indicesAt = order.epoch(epoch)
      for (let step = fromStep; step < order.stepsPerEpoch; step++) yield read(indicesAt(step))
    },
    close: async () => rows.close(),
  }
}
