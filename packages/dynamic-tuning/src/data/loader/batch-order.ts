import { random } from '@dynamic-tuning/engine'
import type { Batch } from './batch.ts'

/** How examples are put into batches. */
export interface BatchOrderSettings {
  /** Examples per batch. */
  readonly batch: number
  readonly seed: number
  /** A new order every epoch, drawn from `random(seed, 'shuffle', epoch)`. Default false. */
  readonly shuffle?: boolean
  /** Leave out the last batch of an epoch if it is not full. Default false. */
  readonly dropLast?: boolean
}

/** The batches of all epochs, whatever is loaded for them. */
export interface BatchOrder {
  readonly stepsPerEpoch: number
  /** Examples an epoch leaves out, because the last batch is not full. */
  readonly skipped: number
  /** Places in the list of examples of those that make up the batch of a step of an epoch. */
  epoch(epoch: number): (step: number) => Batch['indices']
}

/** The order in which `count` examples are gone through. */
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
