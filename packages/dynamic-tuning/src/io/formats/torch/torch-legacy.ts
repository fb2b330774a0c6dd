import { CheckpointError } from '../../../errors.ts'
import { present } from '../../../present.ts'
import { openSliced, type SlicedFile } from '../../read-slice.ts'
import type { TensorFile } from '../../tensor-file.ts'
import { elementSize } from '../element-type.ts'
import { isPlain, type Storage } from './pickled.ts'
import { pickledFile } from './pickled-file.ts'
import { stateDictIn } from './state-dict.ts'
import { maxPickle, storageNamed } from './torch-zip.ts'
import { type Unpickled, unpickle } from './unpickle.ts'

/** PyTorch's magic number 0x1950a86a20f9469cfc6c as a pickle of protocol 2. */
const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex')
const protocol = 1001

/** True for files of `torch.save` before 1.6 (or with `_use_new_zipfile_serialization=False`). */
export function isTorchLegacy(start: Uint8Array): boolean {
  return Buffer.from(start).subarray(0, magic.length).equals(magic)
}

/**
 * The weights in a file of PyTorch's older format: five pickles (magic number, protocol, system, weights,
 * storage keys), then for each storage its number of elements (eight bytes) and its bytes.
 * @throws CheckpointError for pickles that hold or call anything but weights, and tensors
 * that do not fit their storages
 */
export function openTorchLegacy(path: string): TensorFile {
  const file = openSliced(path, 'torch')
  try {
    const head = file.read(0, Math.min(file.length, maxPickle))
    const storages = new Map<string, Storage>()
    const next = (start: number): Unpickled =>
      unpickle(path, head, (id) => keep(path, storages, storageNamed(path, id)), start)
    const version = next(magic.length)
    if (version.value !== protocol)
      throw new CheckpointError(
        `torch: ${path} is of protocol ${isPlain(version.value) ? version.value : 'none'}, expected ${protocol}. Save it again with a later PyTorch.`,
      )
    const system = next(version.end)
    checkByteOrder(path, system.value)
    const weights = next(system.end)
    const keys = next(weights.end)
    const starts = findStorages(file, storages, keys)
    return pickledFile(path, stateDictIn(path, weights.value), {
      sizeOf: ({ key, length, type }) => (starts.has(key) ? length * elementSize(type) : 0),
      read: ({ key }, offset, length) =>
        file.read(present(starts.get(key), `storage ${key} of ${path}`) + offset, length),
      close: file.close,
    })
  } catch (error) {
    file.close()
    throw error
  }
}

/** Checks that a key always names the same storage. */
function keep(path: string, storages: Map<string, Storage>, storage: Storage): Storage {
  const known = storages.get(storage.key) ?? storage
  if (known.type !== storage.type || known.length !== storage.length)
    throw new CheckpointError(`torch: ${path} describes the storage ${storage.key} in two ways.`)
  storages.set(storage.key, known)
  return known
}

function checkByteOrder(path: string, system: unknown): void {
  if (system instanceof Map && system.get('little_endian') === true) return
  throw new CheckpointError(`torch: ${path} is not little-endian. Save it again on another machine.`)
}

/** Finds the offset of each storage's bytes. */
function findStorages(
  file: SlicedFile,
  storages: ReadonlyMap<string, Storage>,
  { value: keys, end }: Unpickled,
): Map<string, number> {
  const starts = new Map<string, number>()
  let at = end
  for (const each of Array.isArray(keys) ? keys : []) {
    const key = isPlain(each) ? String(each) : ''
    const storage = storages.get(key)
    const length = storage && storage.length * elementSize(storage.type)
    if (storage === undefined || length === undefined || at + 8 + length > file.length)
      throw new CheckpointError(
        `torch: ${file.path} of ${file.length} bytes ends before its storage ${key}. Is the download complete?`,
      )
    const stored = Number(Buffer.from(file.read(at, 8)).readBigInt64LE())
    if (stored !== storage.length)
      throw new CheckpointError(
        `torch: the storage ${key} of ${file.path} has ${stored} numbers, ${storage.length} are promised. Is it damaged?`,
      )
    starts.set(key, at + 8)
    at += 8 + length
  }
  return starts
}
