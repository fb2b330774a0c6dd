import { join } from 'node:path'
import { deflateSync, crc32 as nodeCrc } from 'node:zlib'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { ignoredLabel } from '../label-map.ts'
import { inTempFolder, writeFiles } from '../testing/files.ts'
import { checkMaskFits } from './mask-fits.ts'
import { expectedValues, type MaskSource, plainClasses, unknownLabel } from './mask-source.ts'
import { maskValues, readMask } from './read-mask.ts'

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  crc.writeUInt32BE(nodeCrc(body))
  return Buffer.concat([length, body, crc])
}

/** A PNG of given packed rows, which have no filter. */
function pngOf(
  header: { size: [number, number]; depth: number; colour: number; interlaced?: number },
  rows: number[][],
): Buffer {
  const { size, depth, colour, interlaced = 0 } = header
  const ihdr = Buffer.alloc(13)
  ihdr.writeUInt32BE(size[0], 0)
  ihdr.writeUInt32BE(size[1], 4)
  ihdr.set([depth, colour, 0, 0, interlaced], 8)
  const palette = colour === 3 ? [chunk('PLTE', Buffer.alloc(3 * 16, 7))] : []
  const data = chunk('IDAT', deflateSync(Buffer.from(rows.flatMap((row) => [0, ...row]))))
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', ihdr), ...palette, data, chunk('IEND', Buffer.alloc(0))])
}

const read = (bytes: Uint8Array): number[] => [...maskValues(bytes, 'm.png').data]
const grey = (width: number, height: number, data: Uint8Array | Uint16Array, depth: 8 | 16 = 8): Uint8Array =>
  encode({ width, height, data, depth, channels: 1 })

describe('values of masks', () => {
  it('are those of the file: palette indices, 1 to 16 bits', async () => {
    expect(read(grey(3, 2, Uint8Array.of(0, 1, 2, 253, 254, 255)))).toEqual([0, 1, 2, 253, 254, 255])
    expect(read(grey(2, 2, Uint16Array.of(0, 258, 65535, 7), 16))).toEqual([0, 258, 65535, 7])
    expect(
      read(
        pngOf({ size: [3, 2], depth: 4, colour: 3 }, [
          [0x12, 0x30],
          [0xfe, 0xd0],
        ]),
      ),
    ).toEqual([1, 2, 3, 15, 14, 13])
    expect(read(pngOf({ size: [5, 1], depth: 2, colour: 3 }, [[0b00011011, 0b11000000]]))).toEqual([
      0, 1, 2, 3, 3,
    ])
    expect(
      read(
        pngOf({ size: [9, 2], depth: 1, colour: 0 }, [
          [0x80, 0x80],
          [0x01, 0x00],
        ]),
      ),
    ).toEqual([...[1, 0, 0, 0, 0, 0, 0, 0, 1], ...[0, 0, 0, 0, 0, 0, 0, 1, 0]])
    const values = Uint8Array.from({ length: 70 * 40 }, (_, i) => (i * i) % 251)
    const raw = { width: 70, height: 40, channels: 1 } as const
    const interlaced = sharp(values, { raw }).toColourspace('b-w').png({ progressive: true })
    expect(read(await interlaced.toBuffer())).toEqual([...values])
  })

  it('become class numbers by the table of the source', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { 'm.png': grey(3, 2, Uint8Array.of(0, 1, 255, 2, 3, 0)) })
      const image = { kind: 'file', path: join(folder, 'm.png') } as const
      const classes = Uint16Array.of(ignoredLabel, 0, 1, unknownLabel)
      await expect(readMask({ image, classes, count: 2 })).rejects.toThrow(
        `mask: ${image.path}: value 255 at row 0, column 2 is none of the 2 classes, expected 1 to 2, or 0 for ignored pixels`,
      )
      const more = new Uint16Array(256).fill(unknownLabel)
      more.set([ignoredLabel, 0, 1, 2])
      more[255] = ignoredLabel
      expect(await readMask({ image, classes: more, count: 3 })).toEqual({
        width: 3,
        height: 2,
        data: Uint16Array.of(ignoredLabel, 0, ignoredLabel, 1, 2, ignoredLabel),
      })
      const missing: MaskSource = { image: { kind: 'file', path: join(folder, 'no.png') }, classes, count: 2 }
      await expect(readMask(missing)).rejects.toThrow(/cannot open .*no\.png/)
    })
  })

  it('are named in words', () => {
    expect(expectedValues({ classes: plainClasses(11, [11]) })).toBe(
      '0 to 10, or 11 and 255 for ignored pixels',
    )
    expect(expectedValues({ classes: plainClasses(3, [1, 300]) })).toBe(
      '0 and 2, or 1, 255 and 300 for ignored pixels',
    )
    expect(expectedValues({ classes: plainClasses(300) })).toBe('0 to 299')
    expect(plainClasses(300)[255]).toBe(255)
  })
})

describe('masks that cannot be read', () => {
  const refused = (bytes: Uint8Array, message: RegExp): void => {
    expect(() => maskValues(bytes, 'm.png')).toThrow(DataError)
    expect(() => maskValues(bytes, 'm.png')).toThrow(message)
  }

  it('are colours, other formats, or too large', async () => {
    refused(
      encode({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3), channels: 3 }),
      /m\.png is RGB\. .*class number/,
    )
    refused(
      encode({ width: 1, height: 1, data: Uint8Array.of(1, 2), channels: 2 }),
      /is grey with transparency/,
    )
    refused(
      pngOf({ size: [30_000, 30_000], depth: 8, colour: 0 }, []),
      /30000 x 30000 pixels, at most 100 million/,
    )
    refused(pngOf({ size: [1, 1], depth: 16, colour: 3 }, [[0, 1]]), /palette of 16 bits/)
    refused(pngOf({ size: [0, 4], depth: 8, colour: 0 }, []), /no pixels/)
    refused(pngOf({ size: [9, 9], depth: 1, colour: 3, interlaced: 1 }, []), /without interlacing/)
    const three = { width: 8, height: 8, channels: 3 } as const
    refused(await sharp(new Uint8Array(192), { raw: three }).jpeg().toBuffer(), /m\.png is no PNG/)
    refused(new Uint8Array(0), /is no PNG/)
  })

  it('are truncated or damaged, wherever that is', () => {
    const values = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 7919) % 253)
    const whole = Buffer.from(grey(64, 64, values))
    for (let length = 40; length < whole.length; length += 97)
      refused(whole.subarray(0, length), /cannot read m\.png, it is truncated or damaged/)
    const damaged = Buffer.from(whole)
    damaged[whole.length >> 1] = (damaged[whole.length >> 1] as number) ^ 1
    refused(damaged, /truncated or damaged/)
    refused(
      pngOf({ size: [3, 3], depth: 8, colour: 0 }, [
        [0, 1, 2],
        [0, 1, 2],
      ]),
      /truncated or damaged/,
    )
  })

  it('unpack to far more than their pixels', () => {
    const bomb = deflateSync(Buffer.alloc(70 * 2 ** 20))
    const small = pngOf({ size: [2, 1], depth: 8, colour: 0 }, [[1, 2]])
    const end = small.length - 12
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), bomb]))
    expect(read(Buffer.concat([small.subarray(0, 33), profile, small.subarray(33)]))).toEqual([1, 2])
    refused(
      Buffer.concat([small.subarray(0, 33), chunk('IDAT', bomb), small.subarray(end)]),
      /truncated or damaged/,
    )
  })
})

describe('the size of a mask', () => {
  it('is that of its image', () => {
    const size = { width: 4, height: 3 }
    expect(() => checkMaskFits(size, size, 'a.jpg', 'a.png')).not.toThrow()
    expect(() => checkMaskFits(size, { width: 4, height: 2 }, 'a.jpg', 'a.png')).toThrow(
      'mask: a.png has 4 x 2 pixels, its image a.jpg 4 x 3. Give both',
    )
    expect(() => checkMaskFits(size, { width: 3, height: 4 }, 'a.jpg', 'a.png')).toThrow(/EXIF/)
  })
})
