import { deflateSync } from 'node:zlib'

/** Encodes an array: flags, dimensions, name and content, each a data element. */
export type MatWriter = (name: string, layout: MatLayout) => Buffer

/** Layout of the bytes. */
export interface MatLayout {
  readonly littleEndian: boolean
}

const little: MatLayout = { littleEndian: true }

function words(values: readonly number[], { littleEndian }: MatLayout): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (const [i, value] of values.entries()) view.setInt32(4 * i, value, littleEndian)
  return bytes
}

/** A data element with a tag of 8 bytes, or of 4 for up to 4 bytes of data, as MATLAB writes them. */
function element(type: number, data: Buffer, layout: MatLayout): Buffer {
  if (data.length > 0 && data.length <= 4 && type !== 14) {
    const tag = words([(data.length << 16) | type], layout)
    return Buffer.concat([tag, data, Buffer.alloc(4 - data.length)])
  }
  return Buffer.concat([words([type, data.length], layout), data, Buffer.alloc((8 - (data.length % 8)) % 8)])
}

/** An array with the given flags and content elements. */
export const arrayOf =
  (flags: number, dims: readonly number[], content: (layout: MatLayout) => Buffer[]): MatWriter =>
  (name, layout) => {
    const parts = [
      element(6, words([flags, 0], layout), layout),
      element(5, words(dims, layout), layout),
      element(1, Buffer.from(name), layout),
      ...content(layout),
    ]
    return element(14, Buffer.concat(parts), layout)
  }

/** A uint8 array. */
export const uint8 = (dims: readonly number[], data: readonly number[] | Uint8Array): MatWriter =>
  arrayOf(9, dims, (layout) => [element(2, Buffer.from(data), layout)])

/** A double array whose values are stored as bytes, as MATLAB does with small whole numbers. */
export const compactDouble = (dims: readonly number[], data: readonly number[]): MatWriter =>
  arrayOf(6, dims, (layout) => [element(2, Buffer.from(data), layout)])

/** A double array stored as doubles. */
export const double = (dims: readonly number[], data: readonly number[]): MatWriter =>
  arrayOf(6, dims, (layout) => {
    const bytes = Buffer.alloc(data.length * 8)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (const [i, value] of data.entries()) view.setFloat64(8 * i, value, layout.littleEndian)
    return [element(9, bytes, layout)]
  })

/** A uint16 array. */
export const uint16 = (dims: readonly number[], data: readonly number[]): MatWriter =>
  arrayOf(11, dims, (layout) => {
    const bytes = Buffer.alloc(data.length * 2)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (const [i, value] of data.entries()) view.setUint16(2 * i, value, layout.littleEndian)
    return [element(4, bytes, layout)]
  })

/** A row of characters, stored as UTF-16 units. */
export const text = (value: string): MatWriter =>
  arrayOf(4, [1, value.length], (layout) => {
    const bytes = Buffer.from(value, 'utf16le')
    return [element(4, layout.littleEndian ? bytes : bytes.swap16(), layout)]
  })

/** A row of cells. */
export const cells = (items: readonly MatWriter[]): MatWriter =>
  arrayOf(1, [1, items.length], (layout) => items.map((item) => item('', layout)))

/** A row of structs with the same fields. */
export const structs = (items: readonly Readonly<Record<string, MatWriter>>[]): MatWriter =>
  arrayOf(2, [1, items.length], (layout) => {
    const fields = Object.keys(items[0] ?? {})
    const names = Buffer.concat(
      fields.map((field) => Buffer.concat([Buffer.from(field), Buffer.alloc(32 - field.length)])),
    )
    return [
      element(5, words([32], layout), layout),
      element(1, names, layout),
      ...items.flatMap((item) => fields.map((field) => (item[field] as MatWriter)('', layout))),
    ]
  })

/** A MATLAB 5 file of variables, compressed by default. */
export function matFile(
  variables: Readonly<Record<string, MatWriter>>,
  { compressed = true, littleEndian = true, version = 0x0100 } = {},
): Buffer {
  const layout = littleEndian ? little : { littleEndian }
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file')
  header.fill(0, 116, 124)
  if (littleEndian) header.writeUInt16LE(version, 124)
  else header.writeUInt16BE(version, 124)
  header.write(littleEndian ? 'IM' : 'MI', 126)
  const parts = Object.entries(variables).map(([name, write]) => {
    const plain = write(name, layout)
    if (!compressed) return plain
    const packed = deflateSync(plain)
    return Buffer.concat([words([15, packed.length], layout), packed])
  })
  return Buffer.concat([header, ...parts])
}
