import { describe, expect, it } from 'vitest'
import type { Pixels } from '../sources/pixels.ts'
import { pattern } from '../testing/pattern.ts'
import { type Filter, resize } from './resize.ts'

/** Both passes at once in plain double arithmetic, over the whole image. */
function naive(
  { width, height, data }: Pixels,
  size: { width: number; height: number },
  filter: Filter,
): number[] {
  const cubic = (x: number): number =>
    x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0
  const kernel = filter === 'bicubic' ? cubic : (x: number): number => Math.max(0, 1 - x)
  const weights = (length: number, count: number, i: number): number[] => {
    const step = Math.max(1, length / count)
    const center = ((i + 0.5) * length) / count
    const raw = Array.from({ length }, (_, k) => kernel(Math.abs(k + 0.5 - center) / step))
    const sum = raw.reduce((a, b) => a + b)
    return raw.map((weight) => weight / sum)
  }
  const out: number[] = []
  for (let y = 0; y < size.height; y++) {
    const down = weights(height, size.height, y)
    for (let x = 0; x < size.width; x++) {
      const across = weights(width, size.width, x)
      for (let c = 0; c < 3; c++) {
        let sum = 0
        down.forEach((v, j) => {
          across.forEach((u, i) => {
            sum += v * u * (data[(j * width + i) * 3 + c] as number)
          })
        })
        out.push(sum)
      }
    }
  }
  return out
}

/** A picture without extremes, so that limiting to 0 ... 255 between the passes has no effect. */
function soft(width: number, height: number): Pixels {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 128 + 60 * Math.sin(i * 0.7) * Math.cos(i * 0.05),
  )
  return { width, height, data }
}

describe('resize', () => {
  it.each([
    ['bicubic', 37, 23, 11, 9],
    ['bicubic', 8, 6, 21, 19],
    ['bicubic', 30, 5, 7, 12],
    ['bilinear', 40, 31, 13, 31],
    ['bilinear', 5, 7, 12, 3],
  ] as const)('%s of %i x %i to %i x %i agrees with plain loops in double', (filter, w, h, width, height) => {
    const image = soft(w, h)
    const { data } = resize(image, { width, height, filter })
    naive(image, { width, height }, filter).forEach((value, i) => {
      expect(Math.abs(value - (data[i] as number))).toBeLessThan(1.2)
    })
  })

  it('equals Pillow 12.3.0 bit for bit', () => {
    expect([...resize(pattern(), { width: 5, height: 4 }).data]).toEqual([
      68, 102, 131, 102, 101, 118, 116, 144, 142, 124, 123, 167, 150, 164, 161, 80, 122, 110, 100, 97, 131,
      147, 116, 109, 160, 143, 147, 162, 153, 194, 103, 139, 93, 99, 135, 111, 114, 127, 147, 124, 143, 136,
      164, 144, 182, 124, 80, 114, 140, 108, 116, 123, 129, 116, 146, 146, 140, 162, 136, 180,
    ])
    expect([...resize(pattern(), { width: 17, height: 11 }).data.subarray(0, 90)]).toEqual([
      0, 2, 9, 18, 55, 93, 54, 112, 171, 74, 123, 172, 48, 69, 78, 124, 168, 228, 181, 240, 160, 180, 225, 35,
      115, 124, 133, 15, 59, 109, 3, 61, 120, 73, 119, 161, 170, 190, 201, 124, 172, 235, 128, 187, 65, 180,
      219, 66, 237, 244, 255, 60, 101, 162, 105, 159, 219, 88, 139, 179, 64, 53, 72, 191, 24, 65, 78, 74, 134,
      65, 116, 130, 113, 137, 117, 93, 154, 197, 104, 165, 222, 115, 163, 197, 160, 122, 144, 218, 54, 98,
    ])
    const box = { left: 2, top: 1, width: 9, height: 7 }
    expect([...resize(pattern(), { width: 4, height: 3, box, filter: 'bilinear' }).data]).toEqual([
      92, 82, 122, 122, 116, 108, 147, 140, 153, 141, 131, 170, 90, 116, 124, 116, 113, 133, 130, 126, 128,
      158, 146, 138, 114, 133, 107, 122, 134, 124, 129, 131, 138, 136, 141, 158,
    ])
  })

  it('gives the same pixels for a window as cutting it out afterwards', () => {
    const whole = resize(pattern(), { width: 20, height: 16 })
    const window = { left: 3, top: 5, width: 6, height: 4 }
    const part = resize(pattern(), { width: 20, height: 16, window })
    expect([part.width, part.height]).toEqual([6, 4])
    for (let y = 0; y < 4; y++) {
      const start = ((y + 5) * 20 + 3) * 3
      expect([...part.data.subarray(y * 18, y * 18 + 18)]).toEqual([
        ...whole.data.subarray(start, start + 18),
      ])
    }
  })

  it('leaves an image of the wanted size as it is', () => {
    expect(resize(pattern(), { width: 13, height: 9 })).toEqual(pattern())
  })
})
