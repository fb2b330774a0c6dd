import { sizeOf, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../../../errors.ts'
import type { TensorFile } from '../../tensor-file.ts'
import { decodeElements, elementSize, gatherStrided, rowMajorStrides } from '../element-type.ts'
import type { PickledTensor, Storage } from './pickled.ts'

/** Finds the bytes of storages. Offsets and lengths are in bytes. */
export interface StorageBytes {
  /** @throws CheckpointError if the storage is missing */
  sizeOf(storage: Storage): number
  read(storage: Storage, offset: number, length: number): Uint8Array
  close(): void
}

/** Most numbers of a view with stride 0, which repeats its numbers. */
const maxRepeated = 2 ** 24

/**
 * A weight file whose tensors are views of storages; reading a tensor reads only its part of the storage.
 * @throws CheckpointError naming a tensor that does not fit its storage
 */
export function pickledFile(
  path: string,
  tensors: ReadonlyMap<string, PickledTensor>,
  storages: StorageBytes,
): TensorFile {
  for (const [name, tensor] of tensors) checkView(path, name, tensor, storages)
  return {
    path,
    tensors,
    metadata: {},
    read(name) {
      const tensor = tensors.get(name)
      if (tensor === undefined)
        throw new CheckpointError(`torch: ${path} has no tensor "${name}". Is it the right file?`)
      return readView(tensor, storages)
    },
    close: storages.close,
  }
}

function checkView(path: string, name: string, tensor: PickledTensor, storages: StorageBytes): void {
  const { storage, offset, shape, strides } = tensor
  const fail = (what: string): never => {
    throw new CheckpointError(`torch: tensor "${name}" of ${path} ${what}. Is the download complete?`)
  }
  const wanted = storage.length * elementSize(storage.type)
  const got = storages.sizeOf(storage)
  if (got !== wanted)
    fail(`needs a storage of ${storage.length} ${storage.type}, ${wanted} bytes, and has ${got} bytes`)
  const count = sizeOf(shape)
  if (count > 0 && offset + spanOf(shape, strides) > storage.length)
    fail(
      `[${shape.join(', ')}] reaches beyond its storage of ${storage.length} numbers, offset ${offset}, strides ${strides.join(', ')}`,
    )
  if (count > Math.max(storage.length, maxRepeated)) fail(`repeats ${storage.length} numbers to ${count}`)
}

/** Count of numbers from the first to the last of a view, both included. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((span, length, axis) => span + (length - 1) * (strides[axis] ?? 0), 1)
}

function readView({ storage, offset, shape, strides }: PickledTensor, storages: StorageBytes): TensorData {
  const size = elementSize(storage.type)
  const count = sizeOf(shape)
  if (count === 0) return decodeElements(storage.type, shape, new Uint8Array(0))
  const bytes = storages.read(storage, offset * size, spanOf(shape, strides) * size)
  const plain = rowMajorStrides(shape).every((stride, axis) => shape[axis] === 1 || stride === strides[axis])
  return decodeElements(storage.type, shape, plain ? bytes : gatherStrided(bytes, size, shape, strides))
}
