import { sizeOf, type TensorData } from '@dynamic-tuning/engine'
import { CheckpointError } from '../../../errors.ts'
import type { TensorFile } from '../../tensor-file.ts'
import { decodeElements, elementSize, gatherStrided, rowMajorStrides } from '../element-type.ts'
import type { ZipFile, ZipMember } from '../zip/zip-file.ts'
import { type NpyHeader, npyHeaderLength, npyPreludeLength, parseNpyHeader } from './npy-header.ts'

/** True if an archive holds NumPy arrays, as written by `numpy.savez`. */
export function isNpz(zip: ZipFile): boolean {
  return [...zip.members.keys()].some((name) => name.endsWith('.npy'))
}

/**
 * The arrays of an .npz archive by name, without the ending `.npy`. Headers are read now, values on demand.
 * @throws CheckpointError naming the file and the array for anything but plain numbers
 */
export function openNpz(zip: ZipFile): TensorFile {
  const arrays = new Map<string, { member: ZipMember; header: NpyHeader; shape: readonly number[] }>()
  for (const member of zip.members.values()) {
    if (!member.name.endsWith('.npy')) continue
    const header = readHeader(`"${member.name}" of ${zip.path}`, member)
    arrays.set(member.name.slice(0, -4), { member, header, shape: header.shape })
  }
  return {
    path: zip.path,
    tensors: arrays,
    metadata: {},
    read(name) {
      const array = arrays.get(name)
      if (array === undefined)
        throw new CheckpointError(`npz: ${zip.path} has no array "${name}". Is it the right file?`)
      return readValues(array.member, array.header)
    },
    close: zip.close,
  }
}

function readHeader(place: string, member: ZipMember): NpyHeader {
  const start = member.peek(0, Math.min(npyPreludeLength, member.size))
  const length = npyHeaderLength(place, start)
  if (length > member.size)
    throw new CheckpointError(`npy: ${place} ends within its header. Is the download complete?`)
  const header = parseNpyHeader(place, member.peek(0, length))
  const expected = sizeOf(header.shape) * elementSize(header.type)
  if (member.size - length === expected) return header
  throw new CheckpointError(
    `npy: ${place} has ${member.size - length} bytes of values, ${header.type} [${header.shape.join(', ')}] needs ${expected}. Is the download complete?`,
  )
}

function readValues(member: ZipMember, { type, shape, fortranOrder, length }: NpyHeader): TensorData {
  const bytes = member.read(0, member.size).subarray(length)
  if (!fortranOrder || shape.length < 2) return decodeElements(type, shape, bytes)
  const strides = rowMajorStrides(shape.toReversed()).toReversed()
  return decodeElements(type, shape, gatherStrided(bytes, elementSize(type), shape, strides))
}
