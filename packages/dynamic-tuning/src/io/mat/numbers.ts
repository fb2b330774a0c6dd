import { DataError } from '../../errors.ts'
import { mostUnpacked, unpackedAdvice } from '../unpacked-limit.ts'
import { type MatBytes, type MatElement, storage } from './element.ts'

/** Numbers in their stored type; 64-bit integers become doubles. */
export type MatNumbers = Uint8Array | Int8Array | Float64Array

type Read = (view: DataView, at: number, littleEndian: boolean) => number

const wide: Readonly<Record<number, readonly [size: number, read: Read]>> = {
  [storage.int16]: [2, (view, at, little) => view.getInt16(at, little)],
  [storage.uint16]: [2, (view, at, little) => view.getUint16(at, little)],
  [storage.int32]: [4, (view, at, little) => view.getInt32(at, little)],
  [storage.uint32]: [4, (view, at, little) => view.getUint32(at, little)],
  [storage.single]: [4, (view, at, little) => view.getFloat32(at, little)],
  [storage.double]: [8, (view, at, little) => view.getFloat64(at, little)],
  [storage.int64]: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  [storage.uint64]: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  [storage.utf16]: [2, (view, at, little) => view.getUint16(at, little)],
}

/**
 * The numbers of an element. Bytes are a view, wider types a copy.
 * @throws DataError if the type is not numeric, or the length is not a multiple of its size
 */
export function numbersOf({ view, littleEndian, where }: MatBytes, element: MatElement): MatNumbers {
  const { type, start, length } = element
  if (type === storage.uint8 || type === storage.utf8)
    return new Uint8Array(view.buffer, view.byteOffset + start, length)
  if (type === storage.int8) return new Int8Array(view.buffer, view.byteOffset + start, length)
  const [size, read] = wide[type] ?? []
  if (size === undefined || read === undefined || length % size !== 0)
    throw new DataError(
      `mat: ${where} has ${length} bytes of type ${type} at byte ${start}, expected numbers`,
    )
  const count = length / size
  if (8 * count > mostUnpacked(0))
    throw new DataError(
      `mat: ${where} has ${count} numbers at byte ${start}, too many for the memory. ${unpackedAdvice(8 * count)}`,
    )
  return Float64Array.from({ length: count }, (_, i) => read(view, start + i * size, littleEndian))
}
