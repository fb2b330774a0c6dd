import { CheckpointError } from '../../../errors.ts'
import { present } from '../../../present.ts'
import type { TensorFile } from '../../tensor-file.ts'
import type { ZipFile, ZipMember } from '../zip/zip-file.ts'
import { isCount, type Storage, StorageType } from './pickled.ts'
import { pickledFile } from './pickled-file.ts'
import { stateDictIn } from './state-dict.ts'
import { unpickle } from './unpickle.ts'

/** Limit for the pickle, in bytes; it takes about 100 bytes per tensor. */
export const maxPickle: number = 16 * 2 ** 20

/** True for archives that `torch.save` has written since PyTorch 1.6. */
export function isTorchZip(zip: ZipFile): boolean {
  return pickleIn(zip) !== undefined
}

/**
 * The weights in an archive of PyTorch: `data.pkl` describes them, and each storage is a member of its own.
 * @throws CheckpointError for pickles that hold or call anything but weights, and tensors
 * that do not fit their storages
 */
export function openTorchZip(zip: ZipFile): TensorFile {
  const { path } = zip
  const pickle = present(pickleIn(zip), `data.pkl of ${path}`)
  const root = pickle.name.slice(0, -'data.pkl'.length)
  checkByteOrder(path, zip.members.get(`${root}byteorder`))
  if (pickle.size > maxPickle)
    throw new CheckpointError(
      `torch: the pickle of ${path} has ${pickle.size} bytes, at most ${maxPickle} are read. Save the weights alone: torch.save(model.state_dict(), ...).`,
    )
  const { value } = unpickle(path, pickle.read(0, pickle.size), (id) => storageNamed(path, id))
  const memberOf = ({ key }: Storage): ZipMember => {
    const member = zip.members.get(`${root}data/${key}`)
    if (member) return member
    throw new CheckpointError(`torch: ${path} lacks the storage ${root}data/${key}. Is the file complete?`)
  }
  return pickledFile(path, stateDictIn(path, value), {
    sizeOf: (storage) => memberOf(storage).size,
    read: (storage, offset, length) => memberOf(storage).read(offset, length),
    close: zip.close,
  })
}

/**
 * The storage of a persistent id, `('storage', type, key, location, numel)`.
 * @throws CheckpointError for other ids
 */
export function storageNamed(path: string, id: unknown): Storage {
  const parts: readonly unknown[] = Array.isArray(id) ? id : []
  const [kind, type, key, , length] = parts
  if (kind === 'storage' && type instanceof StorageType && typeof key === 'string' && isCount(length))
    return { key, type: type.type, length }
  throw new CheckpointError(`torch: ${path} has a persistent id that is no storage. Is it a file of weights?`)
}

function pickleIn(zip: ZipFile): ZipMember | undefined {
  return [...zip.members.values()].find(({ name }) => /^(?:[^/]+\/)?data\.pkl$/.test(name))
}

function checkByteOrder(path: string, member: ZipMember | undefined): void {
  if (member === undefined || member.size > 16) return
  const order = Buffer.from(member.read(0, member.size)).toString('latin1').trim()
  if (order === 'little') return
  throw new CheckpointError(`torch: ${path} is of byte order "${order}", expected little. Save it again.`)
}
