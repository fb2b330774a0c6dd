import { DataError } from '../../errors.ts'
import { present } from '../../present.ts'
import { elementAt, type MatBytes, type MatElement, storage } from './element.ts'
import { type MatNumbers, numbersOf } from './numbers.ts'

/**
 * The value of a variable, cell or field. Everything is in MATLAB's order: the first
 * dimension changes fastest.
 */
export type MatValue =
  | { readonly kind: 'numbers'; readonly dims: readonly number[]; readonly data: MatNumbers }
  /** Rows of characters. */
  | { readonly kind: 'text'; readonly dims: readonly number[]; readonly rows: readonly string[] }
  | { readonly kind: 'cell'; readonly dims: readonly number[]; readonly items: readonly MatValue[] }
  | {
      readonly kind: 'struct'
      readonly dims: readonly number[]
      readonly items: readonly ReadonlyMap<string, MatValue>[]
    }
  /** Sparse and complex arrays, objects and functions. */
  | { readonly kind: 'other'; readonly what: string }

/** The header before an array's content. */
export interface MatHeader {
  /** MATLAB's class code. */
  readonly code: number
  readonly complex: boolean
  readonly dims: readonly number[]
  readonly name: string
  /** Offset of the content. */
  readonly next: number
}

const cellCode = 1
const structCode = 2
const charCode = 4
const firstNumeric = 6
const lastNumeric = 15
const others: Readonly<Record<number, string>> = { 3: 'an object', 5: 'a sparse array', 16: 'a function' }
const deepest = 64
/** Most arrays in a variable: cells and fields are arrays too, and each takes far more memory than bytes. */
const mostArrays = 1_000_000
/** Most axes of an array. */
const mostAxes = 32
/** Longest name of a variable or field, in bytes; MATLAB's own have at most 63. */
const longestName = 1024

/**
 * Reads flags, dimensions and name of the array in `[start, end)`; objects of newer classes
 * have no dimensions or name.
 */
export function headerAt(bytes: MatBytes, start: number, end: number): MatHeader {
  const flags = elementAt(bytes, start, end)
  if (flags.type !== storage.uint32 || flags.length !== 8)
    throw new DataError(`mat: ${bytes.where} has no array flags at byte ${start}. Is the file damaged?`)
  const word = bytes.view.getUint32(flags.start, bytes.littleEndian)
  const code = word & 0xff
  if (code === 17) return { code, complex: false, dims: [], name: '', next: end }
  const sizes = elementAt(bytes, flags.next, end)
  const dims = sizes.length > 8 * mostAxes ? [] : [...numbersOf(bytes, sizes)]
  if (dims.length < 2 || dims.some((size) => !Number.isInteger(size) || size < 0))
    throw new DataError(`mat: ${bytes.where} has dimensions ${dims.join(' x ')} at byte ${sizes.start}`)
  const name = elementAt(bytes, sizes.next, end)
  if (name.length > longestName)
    throw new DataError(`mat: ${bytes.where} has a name of ${name.length} bytes. Is the file damaged?`)
  const text = String.fromCharCode(...numbersOf(bytes, name))
  return { code, complex: ((word >> 11) & 1) === 1, dims, name: text, next: name.next }
}

/** Reads the array in a matrix element. @throws DataError if it is damaged */
export function valueIn(bytes: MatBytes, element: MatElement, depth = 0): MatValue {
  const { type, start, length } = element
  if (type !== storage.matrix)
    throw new DataError(
      `mat: ${bytes.where} has an element of type ${type} at byte ${start}, expected an array`,
    )
  if (depth > deepest)
    throw new DataError(`mat: ${bytes.where} nests arrays deeper than ${deepest} levels at byte ${start}`)
  if (++bytes.read.arrays > mostArrays)
    throw new DataError(
      `mat: ${bytes.where} has more than ${mostArrays} arrays in it. Split it into variables.`,
    )
  if (length === 0) return { kind: 'numbers', dims: [0, 0], data: new Uint8Array(0) }
  const end = start + length
  const header = headerAt(bytes, start, end)
  const { code, complex, dims } = header
  if (code === cellCode) {
    const items = arrays(bytes, header.next, end, product(dims), depth)
    return { kind: 'cell', dims, items }
  }
  if (code === structCode) return structOf(bytes, header, end, depth)
  const isNumeric = code >= firstNumeric && code <= lastNumeric
  if (complex || !(isNumeric || code === charCode))
    return {
      kind: 'other',
      what: complex ? 'a complex array' : (others[code] ?? `an array of class ${code}`),
    }
  const content = elementAt(bytes, header.next, end)
  if (code === charCode) return { kind: 'text', dims, rows: rowsOf(bytes, content, dims) }
  const data = numbersOf(bytes, content)
  if (data.length === product(dims)) return { kind: 'numbers', dims, data }
  throw new DataError(
    `mat: ${bytes.where} has ${data.length} numbers at byte ${content.start}, expected ${dims.join(' x ')}`,
  )
}

function structOf(bytes: MatBytes, { dims, next }: MatHeader, end: number, depth: number): MatValue {
  const width = elementAt(bytes, next, end)
  const size = numbersOf(bytes, width)[0] ?? 0
  const names = elementAt(bytes, width.next, end)
  if (!(size > 0) || size > longestName || names.length % size !== 0)
    throw new DataError(`mat: ${bytes.where} has damaged field names at byte ${names.start}`)
  const letters = numbersOf(bytes, names)
  const fields = Array.from({ length: names.length / size }, (_, i) => {
    const text = String.fromCharCode(...letters.subarray(i * size, (i + 1) * size))
    return text.slice(0, `${text}\0`.indexOf('\0'))
  })
  const values = arrays(bytes, names.next, end, product(dims) * fields.length, depth)
  const items = Array.from(
    { length: fields.length === 0 ? 0 : product(dims) },
    (_, i) => new Map(fields.map((field, f) => [field, present(values[i * fields.length + f], field)])),
  )
  return { kind: 'struct', dims, items }
}

/** Reads `count` consecutive arrays. Each takes at least 8 bytes, so a wrong count fails quickly. */
function arrays(bytes: MatBytes, start: number, end: number, count: number, depth: number): MatValue[] {
  const found: MatValue[] = []
  for (let at = start; found.length < count; ) {
    const element = elementAt(bytes, at, end)
    found.push(valueIn(bytes, element, depth + 1))
    at = element.next
  }
  return found
}

function rowsOf(bytes: MatBytes, content: MatElement, dims: readonly number[]): string[] {
  const codes = numbersOf(bytes, content)
  const [rows = 0] = dims
  if (content.type === storage.utf8 && rows <= 1) return [new TextDecoder().decode(Uint8Array.from(codes))]
  if (codes.length !== product(dims))
    throw new DataError(
      `mat: ${bytes.where} has ${codes.length} characters at byte ${content.start}, expected ${dims.join(' x ')}`,
    )
  if (codes.length === 0) return []
  return Array.from({ length: rows }, (_, row) => {
    const line: string[] = []
    for (let at = row; at < codes.length; at += rows) line.push(String.fromCharCode(codes[at] ?? 0))
    return line.join('')
  })
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}
