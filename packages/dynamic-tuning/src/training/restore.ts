import type { TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../errors.ts'

/**
 * Copies stored values into the arrays of a learner.
 * @throws CheckpointError naming a tensor that is missing or has another shape
 */
export function restoreArrays(
  source: string,
  arrays: Iterable<readonly [string, Float32Array]>,
  stored: ReadonlyMap<string, TensorData>,
): void {
  for (const [name, array] of arrays) {
    const found = stored.get(name)
    if (!(found?.data instanceof Float32Array) || found.data.length !== array.length)
      throw new CheckpointError(
        `${source}: ${name} should hold ${array.length} float32 values, got ${found ? `${found.data.length} ${found.dtype}` : 'nothing'}. Resume with the settings the run was started with.`,
      )
    array.set(found.data)
  }
}
