import type { RowFile } from '../../io/row-file.ts'
import type { Example } from '../example.ts'
import type { Batch } from './batch.ts'
import { type BatchOrderSettings, batchOrder } from './batch-order.ts'
import type { Loader } from './loader.ts'

/**
 * A loader over what was computed of each example before, in the batches that `createLoader` would make: `images` of a batch are
 * rows of the file, [size, width]. Row i belongs to example i.
 */
export function rowLoader(
  examples: readonly Pick<Example, 'label'>[],
  rows: RowFile,
  settings: BatchOrderSettings,
): Loader {
  const order = batchOrder(examples.length, settings)
  let waitSeconds = 0

  function read(indices: Batch['indices']): Batch {
    const start = performance.now()
    const images = rows.read(indices)
    const labels = BigInt64Array.from(indices, (index) => BigInt((examples[index] as Example).label))
    waitSeconds += (performance.now() - start) / 1000
    return { images, labels, indices, size: indices.length }
  }

  return {
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
