import { deflateRawSync } from 'node:zlib'
import { tableCrc32 } from './crc32.ts'

/** A member to be written; every field but name and data may be wrong on purpose. */
export interface WrittenMember {
  readonly name: string
  readonly data: Uint8Array
  readonly deflate?: boolean
  /** True to put sizes and offset into the zip64 extra field, as in archives over 4 GB. */
  readonly zip64?: boolean
  /** The data begins at a multiple of this many bytes. */
  readonly align?: number
  readonly crc?: number
  /** Declared size after decompression. */
  readonly size?: number
  readonly method?: number
  readonly flags?: number
  /** Declared offset of its local header. */
  readonly header?: number
}

/** Builds a zip archive (PKWARE APPNOTE 6.3), optionally with a comment or a zip64 directory. */
export function zipBytes(
  members: readonly WrittenMember[],
  options: { readonly comment?: string; readonly zip64?: boolean } = {},
): Buffer {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const member of members) {
    const { local, central } = memberBytes(member, at)
    pieces.push(local)
    directory.push(central)
    at += local.length
  }
  const entries = Buffer.concat(directory)
  return Buffer.concat([...pieces, entries, ...endBytes(members.length, entries.length, at, options)])
}

function memberBytes(member: WrittenMember, at: number): { local: Buffer; central: Buffer } {
  const { name, data, deflate = false, zip64 = false, align = 1 } = member
  const stored = deflate ? deflateRawSync(data) : Buffer.from(data)
  const { crc = tableCrc32(data), size = data.length, method = deflate ? 8 : 0, flags = 0 } = member
  const common = Buffer.alloc(26)
  common.writeUInt16LE(zip64 ? 45 : 20, 0)
  common.writeUInt16LE(flags, 2)
  common.writeUInt16LE(method, 4)
  common.writeUInt16LE(0x21, 8) // 1980-01-01, as NumPy writes
  common.writeUInt32LE(crc, 10)
  common.writeUInt32LE(zip64 ? 0xffffffff : stored.length, 14)
  common.writeUInt32LE(zip64 ? 0xffffffff : size, 18)
  const title = Buffer.from(name)
  common.writeUInt16LE(title.length, 22)
  const wide = zip64 ? zip64Field([size, stored.length]) : Buffer.alloc(0)
  const padding = paddingField(at + 30 + title.length + wide.length, align)
  const local = Buffer.from(common)
  local.writeUInt16LE(wide.length + padding.length, 24)
  const header = member.header ?? at
  const extra = zip64 ? zip64Field([size, stored.length, header]) : Buffer.alloc(0)
  common.writeUInt16LE(extra.length, 24)
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(zip64 ? 0xffffffff : header, 10)
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), local, title, wide, padding, stored]),
    central: Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, title, extra]),
  }
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(8 * values.length, 2)
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return field
}

/** Padding as PyTorch writes it: an extra field "FB" full of Z. */
function paddingField(at: number, align: number): Buffer {
  if (align === 1) return Buffer.alloc(0)
  const length = (align - ((at + 4) % align)) % align
  const field = Buffer.alloc(4 + length, 'Z')
  field.write('FB')
  field.writeUInt16LE(length, 2)
  return field
}

function endBytes(
  count: number,
  length: number,
  offset: number,
  { comment = '', zip64 = false }: { readonly comment?: string; readonly zip64?: boolean },
): Buffer[] {
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(zip64 ? 0xffff : count, 8)
  end.writeUInt16LE(zip64 ? 0xffff : count, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : length, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16)
  end.writeUInt16LE(comment.length, 20)
  const tail = [end, Buffer.from(comment)]
  if (!zip64) return tail
  const record = Buffer.alloc(56)
  record.write('PK\x06\x06', 'latin1')
  record.writeBigUInt64LE(44n, 4)
  for (const place of [24, 32]) record.writeBigUInt64LE(BigInt(count), place)
  record.writeBigUInt64LE(BigInt(length), 40)
  record.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.write('PK\x06\x07', 'latin1')
  locator.writeBigUInt64LE(BigInt(offset + length), 8)
  locator.writeUInt32LE(1, 16)
  return [record, locator, ...tail]
}
