import { zipBytes } from '../zip/write-zip.test.support.ts'

/** Numbers that tensors are views of. */
export interface WrittenStorage {
  readonly key: string
  /** `FloatStorage` and the like. */
  readonly type: string
  /** Its declared count of numbers. */
  readonly length: number
  readonly bytes: Uint8Array
}

/** A tensor of a state dict. Strides default to row-major, the offset to 0. */
export interface WrittenTensor {
  readonly storage: WrittenStorage
  readonly shape: readonly number[]
  readonly strides?: readonly number[]
  readonly offset?: number
}

/**
 * A value of a pickle: tensors, maps (ordered dicts), plain objects (dicts), numbers, strings, `raw` opcodes.
 */
export type Written =
  | WrittenTensor
  | ReadonlyMap<string, Written>
  | number
  | string
  | Dict
  | { readonly raw: Buffer }
interface Dict {
  readonly dict: Readonly<Record<string, Written>>
}

/** A separate float32 storage for a tensor. */
export function ownStorage(key: string, data: Float32Array): WrittenStorage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { key, type: 'FloatStorage', length: data.length, bytes }
}

/**
 * The pickle that `torch.save` writes with protocol 2, opcode for opcode; with
 * `legacy` that of the older format.
 */
export function pickleBytes(value: Written, { legacy = false } = {}): Buffer {
  const writer = new PickleWriter(legacy)
  writer.bytes(0x80, 2)
  writer.value(value)
  writer.bytes(0x2e)
  return Buffer.concat(writer.pieces)
}

/** A file of `torch.save` since 1.6: an archive with storages at multiples of 64 bytes. */
export function torchZipBytes(
  value: Written,
  options: { readonly deflate?: boolean; readonly byteOrder?: string; readonly root?: string } = {},
): Buffer {
  const { deflate = false, byteOrder, root = 'archive' } = options
  const text = (name: string, content: string) => ({ name: `${root}/${name}`, data: Buffer.from(content) })
  return zipBytes([
    { name: `${root}/data.pkl`, data: pickleBytes(value), deflate, align: 64 },
    ...(byteOrder === undefined ? [] : [text('byteorder', byteOrder)]),
    ...storagesIn(value).map(({ key, bytes }) => ({
      name: `${root}/data/${key}`,
      data: bytes,
      deflate,
      align: 64,
    })),
    text('version', '3\n'),
  ])
}

/** A file of `torch.save` before 1.6. */
export function torchLegacyBytes(value: Written): Buffer {
  const storages = storagesIn(value).sort((a, b) => (a.key < b.key ? -1 : 1))
  const keys = new PickleWriter(true)
  keys.bytes(0x80, 2, 0x5d)
  keys.memoize()
  keys.bytes(0x28)
  for (const { key } of storages) keys.text(key)
  keys.bytes(0x65, 0x2e)
  const sizes: Dict = { dict: { short: 2, int: 4, long: 4 } }
  // Python's True.
  const little = { raw: Buffer.from([0x88]) }
  const system: Dict = { dict: { protocol_version: 1001, little_endian: little, type_sizes: sizes } }
  return Buffer.concat([
    Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'),
    pickleBytes(1001),
    pickleBytes(system),
    pickleBytes(value, { legacy: true }),
    ...keys.pieces,
    ...storages.flatMap(({ length, bytes }) => {
      const count = Buffer.alloc(8)
      count.writeBigInt64LE(BigInt(length))
      return [count, Buffer.from(bytes)]
    }),
  ])
}

function storagesIn(value: Written): WrittenStorage[] {
  const found = new Map<string, WrittenStorage>()
  const visit = (each: Written): void => {
    if (each instanceof Map) for (const inner of each.values()) visit(inner)
    else if (typeof each !== 'object' || 'raw' in each) return
    else if ('dict' in each) for (const inner of Object.values(each.dict)) visit(inner)
    else if ('storage' in each) found.set(each.storage.key, each.storage)
  }
  visit(value)
  return [...found.values()]
}

class PickleWriter {
  readonly pieces: Buffer[] = []
  private readonly memo = new Map<string, number>()
  private next = 0

  constructor(private readonly legacy: boolean) {}

  bytes(...codes: readonly number[]): void {
    this.pieces.push(Buffer.from(codes))
  }

  /** Writes BINPUT; `key` is a name to find the memo entry again. */
  memoize(key?: string): void {
    if (key !== undefined) this.memo.set(key, this.next)
    const index = this.next++
    if (index < 256) this.bytes(0x71, index)
    else this.bytes(0x72, index & 255, (index >> 8) & 255, 0, 0)
  }

  /** Writes a value once; after that, refers to its memo entry. */
  private once(key: string, write: () => void): void {
    const index = this.memo.get(key)
    if (index !== undefined) {
      if (index < 256) this.bytes(0x68, index)
      else this.bytes(0x6a, index & 255, index >> 8, 0, 0)
      return
    }
    write()
    this.memoize(key)
  }

  text(text: string): void {
    this.once(`text ${text}`, () => {
      const bytes = Buffer.from(text)
      this.bytes(0x58, bytes.length & 255, bytes.length >> 8, 0, 0)
      this.pieces.push(bytes)
    })
  }

  global(module: string, name: string): void {
    this.once(`global ${module}.${name}`, () => this.pieces.push(Buffer.from(`c${module}\n${name}\n`)))
  }

  int(value: number): void {
    if (value < 256) this.bytes(0x4b, value)
    else if (value < 65536) this.bytes(0x4d, value & 255, value >> 8)
    else this.bytes(0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)
  }

  value(value: Written): void {
    if (typeof value === 'number') this.int(value)
    else if (typeof value === 'string') this.text(value)
    else if (value instanceof Map) this.orderedDict(value)
    else if ('raw' in value) this.pieces.push(value.raw)
    else if ('dict' in value) {
      this.bytes(0x7d)
      this.memoize()
      this.items(Object.entries(value.dict))
    } else this.tensor(value as WrittenTensor)
  }

  private emptyOrderedDict(): void {
    this.global('collections', 'OrderedDict')
    this.bytes(0x29, 0x52)
    this.memoize()
  }

  private orderedDict(map: ReadonlyMap<string, Written>): void {
    this.emptyOrderedDict()
    this.items([...map])
  }

  private items(entries: readonly (readonly [string, Written])[]): void {
    this.bytes(0x28)
    for (const [key, value] of entries) {
      this.text(key)
      this.value(value)
    }
    this.bytes(0x75)
  }

  private tensor({ storage, shape, strides = rowMajor(shape), offset = 0 }: WrittenTensor): void {
    this.global('torch._utils', '_rebuild_tensor_v2')
    this.bytes(0x28, 0x28)
    this.text('storage')
    this.global('torch', storage.type)
    this.text(storage.key)
    this.text('cpu')
    this.int(storage.length)
    if (this.legacy) this.bytes(0x4e)
    this.bytes(0x74)
    this.memoize()
    this.bytes(0x51)
    this.int(offset)
    this.tuple(shape)
    this.tuple(strides)
    this.bytes(0x89)
    this.emptyOrderedDict()
    this.bytes(0x74)
    this.memoize()
    this.bytes(0x52)
    this.memoize()
  }

  private tuple(values: readonly number[]): void {
    if (values.length === 0) {
      this.bytes(0x29)
      return
    }
    if (values.length > 3) this.bytes(0x28)
    for (const value of values) this.int(value)
    this.bytes(values.length > 3 ? 0x74 : 0x84 + values.length)
    this.memoize()
  }
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
}
