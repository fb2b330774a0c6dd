import { CheckpointError } from '../../../errors.ts'
import type { ElementType } from '../element-type.ts'

/** The contents of a .npy file's header. `length` is the offset of its values in bytes. */
export interface NpyHeader {
  readonly type: ElementType
  readonly shape: readonly number[]
  /** True if the first axis changes fastest. */
  readonly fortranOrder: boolean
  readonly length: number
}

// NumPy has no bfloat16: JAX's files call it a void of two bytes.
const types: Readonly<Record<string, ElementType>> = {
  '<f4': 'float32',
  '<f2': 'float16',
  '<f8': 'float64',
  '<V2': 'bfloat16',
  '|V2': 'bfloat16',
  '<i8': 'int64',
  '<i4': 'int32',
  '|u1': 'uint8',
  '|b1': 'bool',
}

/** Bytes for the magic number, the version and the length of the rest. */
export const npyPreludeLength = 12
/** NumPy itself limits headers of untrusted files to 10,000 characters. */
const maxHeader = 65536

/**
 * Offset of the values in a .npy file, from its first 12 bytes (NEP 1, versions 1 to 3).
 * @throws CheckpointError if it is no .npy file
 */
export function npyHeaderLength(place: string, start: Uint8Array): number {
  const bytes = Buffer.from(start)
  const [major = 0, minor = 0] = bytes.subarray(6, 8)
  if (bytes.length < npyPreludeLength || bytes.toString('latin1', 0, 6) !== '\u0093NUMPY')
    throw new CheckpointError(`npy: ${place} does not begin with NumPy's magic. Save it with numpy.savez.`)
  if (major < 1 || major > 3)
    throw new CheckpointError(
      `npy: ${place} is of version ${major}.${minor}, expected 1 to 3. Save it again.`,
    )
  const length = major === 1 ? 10 + bytes.readUInt16LE(8) : 12 + bytes.readUInt32LE(8)
  if (length > maxHeader)
    throw new CheckpointError(
      `npy: the header of ${place} has ${length} bytes, at most ${maxHeader} are allowed.`,
    )
  return length
}

const literal =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d\s,]*)\),?\s*\}\s*$/

/**
 * Reads the header from the first `npyHeaderLength` bytes of a .npy file.
 * @throws CheckpointError for element types that are not plain numbers
 */
export function parseNpyHeader(place: string, bytes: Uint8Array): NpyHeader {
  const [major] = bytes.subarray(6)
  const text = Buffer.from(bytes).toString('utf8', major === 1 ? 10 : 12)
  const [, descr, order, sizes = ''] = literal.exec(text) ?? []
  if (descr === undefined)
    throw new CheckpointError(
      `npy: the header of ${place} is ${JSON.stringify(text.trim().slice(0, 120))}, expected descr, fortran_order and shape of plain numbers. Save it again.`,
    )
  const type = Object.hasOwn(types, descr) ? types[descr] : undefined
  if (type === undefined)
    throw new CheckpointError(
      `npy: ${place} has the element type '${descr}'. Convert it to one of ${Object.keys(types).join(', ')}.`,
    )
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  if (!shape.every(Number.isSafeInteger))
    throw new CheckpointError(`npy: ${place} has the shape (${sizes}), expected whole numbers.`)
  return { type, shape, fortranOrder: order === 'True', length: bytes.length }
}
