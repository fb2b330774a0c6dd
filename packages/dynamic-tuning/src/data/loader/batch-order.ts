import { random } from '@dynamic-tuning/engine'
import type { Batch } from './batch.ts'

/** How examples are grouped into batches. */
export interface BatchOrderSettings {
  /** Examples per batch. */
  readonly batch: number
  readonly seed: number
  /** True for a new order in every epoch, drawn from `random(seed, 'shuffle', epoch)`. Default false. */
  readonly shuffle?: boolean
  /** True to leave out the last batch of an epoch if it is not full. Default false. */
  readonly dropLast?: boolean
}

/** The batches of all epochs, as indices of examples. */
export interface BatchOrder {
  readonly stepsPerEpoch: number
  /** Number of examples that an epoch leaves out because the last batch is not full. */
  readonly skipped: number
  /** Returns a function that gives the indices of the examples in the batch of a step. */
  epoch(epoch: number): (step: number) => Batch['indices']
}

/** Creates the order of batches for `count` examples. */
export function batchOrder(
  count: number,
  { batch, seed, shuffle = false, dropLast = false }: BatchOrderSettings,
): BatchOrder {
  return {
    stepsPerEpoch: dropLast ? Math.floor(count / batch) : Math.ceil(count / batch),
    skipped: dropLast ? count % batch : 0,
    epoch(epoch) {
      const order = Int32Array.from({ length: count }, (_, i) => i)
      if (shuffle) random(seed, 'shuffle', epoch).shuffle(order)
      return (step) => new Int32Array(order.subarray(step * batch, (step + 1) * batch))
    },
  }
}
