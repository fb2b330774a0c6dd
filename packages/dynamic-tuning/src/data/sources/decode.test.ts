import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { png } from '../testing/files.ts'
import { resize } from '../transforms/resize.ts'
import { decode } from './decode.ts'
import { drawImage } from './drawn/draw-image.ts'

/** A 2 x 1 picture: a red and a blue pixel. */
const redBlue = sharp(Buffer.from([255, 0, 0, 0, 0, 255]), { raw: { width: 2, height: 1, channels: 3 } })

async function message(bytes: Uint8Array): Promise<string> {
  const error: unknown = await decode(bytes, 'dir/x.png').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DataError)
  return (error as Error).message
}

describe('decode', () => {
  it('reads lossless formats exactly', async () => {
    for (const bytes of [
      await redBlue.clone().png().toBuffer(),
      await redBlue.clone().png({ palette: true }).toBuffer(),
      await redBlue.clone().gif().toBuffer(),
      await redBlue.clone().tiff({ compression: 'lzw' }).toBuffer(),
      await redBlue.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const { width, height, data } = await decode(bytes, 'x')
      expect([width, height, ...data]).toEqual([2, 1, 255, 0, 0, 0, 0, 255])
    }
  })

  it('reads JPEG and AVIF closely', async () => {
    const flat = sharp({
      create: { width: 16, height: 16, channels: 3, background: { r: 180, g: 90, b: 30 } },
    })
    for (const bytes of [await flat.clone().jpeg().toBuffer(), await flat.clone().avif().toBuffer()]) {
      const { data } = await decode(bytes, 'x')
      ;[180, 90, 30].forEach((value, c) => {
        expect(Math.abs((data[c] as number) - value)).toBeLessThanOrEqual(3)
      })
    }
  })

  it('turns upright by the EXIF orientation', async () => {
    const { width, height, data } = await decode(
      await redBlue.clone().withMetadata({ orientation: 6 }).png().toBuffer(),
      'x',
    )
    expect([width, height, ...data]).toEqual([1, 2, 255, 0, 0, 0, 0, 255])
  })

  it('lays transparency over white', async () => {
    const rgba = Buffer.from([0, 0, 0, 0, 10, 20, 30, 255, 100, 0, 0, 128])
    const bytes = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toBuffer()
    const { data } = await decode(bytes, 'x')
    expect([...data.subarray(0, 6)]).toEqual([255, 255, 255, 10, 20, 30])
    expect(Math.abs((data[6] as number) - 177)).toBeLessThanOrEqual(1)
    expect(Math.abs((data[7] as number) - 127)).toBeLessThanOrEqual(1)
  })

  it('repeats grey in three channels, from 8 and from 16 bits', async () => {
    const grey = sharp(Buffer.from([7, 200]), { raw: { width: 2, height: 1, channels: 1 } })
    const eight = await decode(await grey.clone().toColourspace('b-w').png().toBuffer(), 'x')
    expect([...eight.data]).toEqual([7, 7, 7, 200, 200, 200])
    const sixteen = await decode(await grey.clone().toColourspace('grey16').png().toBuffer(), 'x')
    expect([...sixteen.data]).toEqual([7, 7, 7, 200, 200, 200])
  })

  it('converts CMYK', async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 255, g: 0, b: 0 } } })
    const { data } = await decode(await red.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), 'x')
    expect(data.length).toBe(192)
    expect(data[0]).toBeGreaterThan(190)
    expect(Math.max(data[1] as number, data[2] as number)).toBeLessThan(70)
  })

  it('lets a large JPEG come out smaller, hardly changing what is made of it', async () => {
    const { data: pixels } = drawImage('nature', 1, 2, 800)
    const photo = sharp(pixels, { raw: { width: 800, height: 800, channels: 3 } }).extract({
      left: 0,
      top: 0,
      width: 800,
      height: 600,
    })
    const jpeg = await photo.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer()
    const sizes: (number | undefined)[][] = []
    for (const side of [undefined, 301, 300, 150, 75, 10]) {
      const { width, height } = await decode(
        jpeg,
        'x',
        side === undefined ? undefined : { width: side, height: side },
      )
      sizes.push([side, width, height])
    }
    const [whole, half, quarter, eighth] = [
      [600, 800],
      [300, 400],
      [150, 200],
      [75, 100],
    ] as const
    expect(sizes).toEqual([
      [undefined, ...whole],
      [301, ...whole],
      [300, ...half],
      [150, ...quarter],
      [75, ...eighth],
      [10, ...eighth],
    ])
    const full = resize(await decode(jpeg, 'x'), { height: 64, width: 48 })
    const fast = resize(await decode(jpeg, 'x', { height: 128, width: 96 }), { height: 64, width: 48 })
    const apart = full.data.map((value, i) => Math.abs(value - (fast.data[i] as number)))
    expect(apart.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(5)
    expect(apart.reduce((a, b) => a + b, 0) / apart.length).toBeLessThan(0.6)
    const { width } = await decode(await photo.clone().png().toBuffer(), 'x', { width: 10, height: 10 })
    expect(width).toBe(800)
  })

  it('refuses bytes that are no image, naming the file', async () => {
    expect(await message(new Uint8Array(0))).toMatch('dir/x.png is not an image, the file is empty')
    expect(await message(Buffer.from('hello'))).toMatch(
      'dir/x.png is not an image, it starts with bytes 68 65 6c 6c 6f',
    )
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')
    expect(await message(heic)).toMatch(
      /^decode: dir\/x\.png is HEIC, which cannot be read here\. Convert it to JPEG first, .*magick/,
    )
    expect(await message(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toMatch('is not an image')
  })

  it('refuses truncated and damaged images', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 251))
    const picture = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    for (const bytes of [await picture.clone().jpeg().toBuffer(), await picture.clone().png().toBuffer()]) {
      expect(await message(bytes.subarray(0, bytes.length >> 1))).toMatch('cannot read image dir/x.png')
      expect(await message(bytes.subarray(0, 20))).toMatch('cannot read image dir/x.png')
    }
  })

  it('refuses a PNG that claims 50,000 x 50,000 pixels before decoding it', async () => {
    const bytes = await png([1, 2, 3])
    bytes.writeUInt32BE(50_000, 16)
    bytes.writeUInt32BE(50_000, 20)
    bytes.writeUInt32BE(crc32Of(bytes.subarray(12, 29)), 29)
    expect(await message(bytes)).toMatch(
      'cannot read image dir/x.png: it claims more than 100 million pixels',
    )
  })
})

function crc32Of(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
