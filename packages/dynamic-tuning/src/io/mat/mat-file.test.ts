import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { inTempFolder } from '../../data/testing/files.ts'
import { DataError } from '../../errors.ts'
import { asCells, asNumber, asNumbers, asStructs, asText } from './fields.ts'
import {
  arrayOf,
  cells,
  compactDouble,
  double,
  type MatWriter,
  matFile,
  structs,
  text,
  uint8,
  uint16,
} from './mat.test.support.ts'
import { openMat } from './mat-file.ts'
import type { MatValue } from './value.ts'

async function read(bytes: Uint8Array, name = 'v'): Promise<MatValue> {
  return inTempFolder(async (folder) => {
    const path = join(folder, 'a.mat')
    writeFileSync(path, bytes)
    return openMat(path).read(name)
  })
}

const person = (name: string, age: number): Record<string, MatWriter> => ({
  name: text(name),
  age: uint8([1, 1], [age]),
})

describe('openMat', () => {
  // Byte for byte, by hand from the format's description: a uint8 array v = [7 8; 9 10], column after column.
  it('reads bytes laid out by hand', async () => {
    const header = Buffer.alloc(128, ' ')
    header.set([0x00, 0x01, 0x49, 0x4d], 124)
    const body = [
      [14, 0, 0, 0, 48, 0, 0, 0], // miMATRIX, 48 bytes
      [6, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0], // miUINT32: flags, class mxUINT8
      [5, 0, 0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0], // miINT32: 2 x 2
      [1, 0, 1, 0, 0x76, 0, 0, 0], // miINT8, small: "v"
      [2, 0, 4, 0, 7, 9, 8, 10], // miUINT8, small
    ].flat()
    expect(await read(Buffer.concat([header, Buffer.from(body)]))).toEqual({
      kind: 'numbers',
      dims: [2, 2],
      data: Uint8Array.of(7, 9, 8, 10),
    })
  })

  for (const layout of [
    { compressed: true, littleEndian: true },
    { compressed: false, littleEndian: true },
    { compressed: true, littleEndian: false },
  ]) {
    it(`reads numbers, text, cells and structs, ${JSON.stringify(layout)}`, async () => {
      const bytes = matFile(
        {
          first: double([1, 3], [0.5, -2, 1e300]),
          v: structs([person('Ann', 7), person('Bücher', 255)]),
          nested: cells([text('a'), cells([compactDouble([2, 1], [3, 4])]), uint16([1, 2], [1, 65_535])]),
        },
        layout,
      )
      const items = asStructs(await read(bytes), 'v')
      expect(items.map((item) => [asText(item.get('name'), ''), asNumber(item.get('age'), '')])).toEqual([
        ['Ann', 7],
        ['Bücher', 255],
      ])
      expect([...asNumbers(await read(bytes, 'first'), '').data]).toEqual([0.5, -2, 1e300])
      const [letter, inner, wide] = asCells(await read(bytes, 'nested'), '')
      expect(asText(letter, '')).toBe('a')
      expect(asNumbers(asCells(inner, '')[0], '')).toEqual({
        kind: 'numbers',
        dims: [2, 1],
        data: Uint8Array.of(3, 4),
      })
      expect([...asNumbers(wide, '').data]).toEqual([1, 65_535])
    })
  }

  it('lists names, reads many numbers whole, and tells what it does not read', async () => {
    const many = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251)
    const bytes = matFile({ v: uint8([100, 1000], many), s: arrayOf(5, [3, 3], () => []) })
    expect(asNumbers(await read(bytes), '').data).toEqual(many)
    expect(await read(bytes, 's')).toEqual({ kind: 'other', what: 'a sparse array' })
    expect(() => asNumbers({ kind: 'other', what: 'a sparse array' }, 'FILE: s')).toThrow(
      'mat: FILE: s: expected numbers, got a sparse array',
    )
    await expect(read(bytes, 'w')).rejects.toThrow(/a.mat has no variable w, it has v, s/)
  })

  const good = matFile({ v: uint8([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]) })
  const plain = matFile({ v: uint8([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]) }, { compressed: false })
  const changed = (bytes: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes)
    copy[at] = value
    return copy
  }
  const deep = Array.from({ length: 80 }).reduce<MatWriter>((inner) => cells([inner]), uint8([1, 1], [1]))
  const manyCells = arrayOf(1, [1, 1_000_001], () => [
    Buffer.alloc(8 * 1_000_001, Buffer.from([14, 0, 0, 0, 0, 0, 0, 0])),
  ])
  const bomb = matFile({ v: uint8([1, 1e6], new Uint8Array(1e6)) })
  const liar = Buffer.concat([
    good.subarray(0, 128),
    Buffer.alloc(8),
    deflateSync(changed(plain.subarray(128), 6, 0xff)),
  ])
  liar.writeUInt32LE(15, 128)
  liar.writeUInt32LE(liar.length - 136, 132)
  it.each<[string, Buffer, RegExp]>([
    ['other files', Buffer.alloc(500, 1), /is no MATLAB 5 file, byte 126/],
    ['a short file', good.subarray(0, 100), /is no MATLAB 5 file/],
    [
      'version 7.3',
      matFile({}, { version: 0x0200 }),
      /has version 0x200, expected 0x100. It is HDF5 inside: save it with -v7/,
    ],
    [
      'a file cut in a variable',
      good.subarray(0, good.length - 3),
      /is cut short: the variable at byte 128 ends at/,
    ],
    ['a file cut in a tag', good.subarray(0, 131), /has no variable at byte 128/],
    ['damaged compressed bytes', changed(good, 150, 0xff), /cannot be decompressed/],
    [
      'a wrong checksum',
      changed(good, good.length - 1, good[good.length - 1] === 0 ? 1 : 0),
      /cannot be decompressed: .*Copy it again/,
    ],
    ['a false length inside', changed(plain, 128 + 52, 0x40), /element of 64 bytes at byte/],
    ['false dimensions', changed(plain, 128 + 32, 3), /has 8 numbers at byte \d+, expected 3 x 8/],
    ['nesting without end', matFile({ v: deep }), /nests arrays deeper than 64 levels/],
    ['a long name', matFile({ ['v'.repeat(200_000)]: uint8([1, 1], [1]) }), /name of 200000 bytes/],
    ['very many cells', matFile({ v: manyCells }), /has more than 1000000 arrays in it/],
    ['very many axes', matFile({ v: uint8(new Array(200_000).fill(1), [1]) }), /has dimensions/],
    ['a size no compression reaches', liar, /claims \d+ bytes in \d+. Is the file damaged/],
  ])('refuses %s', async (_what, bytes, message) => {
    const failure = await read(bytes).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(DataError)
    expect((failure as Error).message).toMatch(message)
  })

  it('refuses a variable that is too large for the memory, until the limit is raised', async () => {
    const claim = Buffer.from(plain.subarray(128))
    claim.writeUInt32LE(2 ** 28, 4)
    const packed = deflateSync(Buffer.concat([claim, randomBytes(300_000)]))
    const tag = Buffer.alloc(8)
    tag.writeUInt32LE(15)
    tag.writeUInt32LE(packed.length, 4)
    const large = Buffer.concat([plain.subarray(0, 128), tag, packed])
    await expect(read(large)).rejects.toThrow(DataError)
    await expect(read(large)).rejects.toThrow(
      /variable v takes 268435464 bytes, at most 268435456 are unpacked\. .*DYT_MAX_UNPACKED=257MB/,
    )
    process.env.DYT_MAX_UNPACKED = '257MB'
    try {
      await expect(read(large)).rejects.toThrow(/variable v ends after \d+ of 268435464 bytes/)
      process.env.DYT_MAX_UNPACKED = 'much'
      await expect(read(large)).rejects.toThrow(/DYT_MAX_UNPACKED is "much"/)
    } finally {
      delete process.env.DYT_MAX_UNPACKED
    }
  })

  it('reads rows of characters fast, and none out of nothing', async () => {
    const rows = 200_000
    const letters = Buffer.alloc(2 * rows, 'a\0')
    const chars = (dims: readonly number[], bytes: Buffer): MatWriter =>
      arrayOf(4, dims, () => {
        const tag = Buffer.alloc(8)
        tag.writeUInt32LE(4)
        tag.writeUInt32LE(bytes.length, 4)
        return [tag, bytes]
      })
    expect(await read(matFile({ v: chars([rows, 1], letters) }))).toMatchObject({ kind: 'text' })
    expect(await read(matFile({ v: chars([2e9, 0], Buffer.alloc(0)) }))).toEqual({
      kind: 'text',
      dims: [2e9, 0],
      rows: [],
    })
  })

  it('does not refuse what compresses very well', async () => {
    expect(asNumbers(await read(bomb), '').data.length).toBe(1e6)
  })
})
