import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../data/sources/pixels.ts'
import type { TokenGrid } from './token-overlay.ts'
import { encodePng, resizeImage, tokenStrip } from './token-strip.ts'

/** An image of one colour. */
function flat(height: number, width: number, rgb: [number, number, number]): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => rgb[i % 3] as number)
  return { data, height, width }
}
const at = (image: Pixels, y: number, x: number): number[] => [
  ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
]
const grid = (rows: number, columns: number, values: number[]): TokenGrid => ({ rows, columns, values })
const red: [number, number, number] = [200, 0, 0]

describe('tokenStrip', () => {
  const layers = [0, 1, 2].map((layer) => ({ layer, grid: grid(2, 2, [layer, 0, 0, layer]) }))
  const raw = (png: Uint8Array) => sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true })

  it('sets original, chosen layers and heat side by side on a transparent ground', async () => {
    const png = await tokenStrip(flat(2, 2, red), layers, { tile: 40, show: [0, 2], enlarge: 'nearest' })
    const { data, info } = await raw(png)
    expect([info.width, info.height]).toEqual([4 * 40 + 3 * 10, 70])
    const pixel = (y: number, x: number): number[] => [
      ...data.subarray((y * info.width + x) * 4, (y * info.width + x) * 4 + 4),
    ]
    expect(pixel(5, 5)).toEqual([200, 0, 0, 255])
    expect(pixel(5, 45)[3]).toBe(0)
    expect(pixel(5, 55)).toEqual([44, 44, 44, 255])
    expect(pixel(5, 105)).toEqual([200, 0, 0, 255])
    expect(pixel(5, 135)).toEqual([44, 44, 44, 255])
  })
  it('spreads four layers by default and names an unknown one', async () => {
    const many = Array.from({ length: 12 }, (_, layer) => ({ layer, grid: grid(1, 1, [1]) }))
    const { info } = await raw(await tokenStrip(flat(2, 2, red), many, { tile: 20 }))
    expect(info.width).toBe(6 * 20 + 5 * 10)
    await expect(tokenStrip(flat(2, 2, red), layers, { show: [7] })).rejects.toThrow(
      /no layer 7, got layers 0, 1, 2/,
    )
  })
})

describe('resizeImage and encodePng', () => {
  it('keeps proportions and, with nearest, exact pixels', async () => {
    const image: Pixels = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), height: 1, width: 2 }
    const large = await resizeImage(image, 6, 'nearest')
    expect([large.height, large.width]).toEqual([3, 6])
    expect([at(large, 2, 2), at(large, 0, 3)]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    const back = await sharp(await encodePng(large))
      .raw()
      .toBuffer()
    expect(new Uint8Array(back)).toEqual(large.data)
  })
})
