import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { resize } from '../resize.ts'
import { brightness, contrast, saturation, sharpness } from './colour.ts'
import { autoContrast, equalize, posterize, solarize } from './histogram.ts'

/** Results of ImageOps and ImageEnhance of Pillow 12.3.0 on the same image. */
const cases: readonly (readonly [string, (image: Pixels) => Pixels, number, readonly number[]])[] = [
  [
    'autoContrast',
    autoContrast,
    0,
    [
      0, 3, 21, 37, 85, 143, 75, 124, 180, 58, 62, 78, 151, 201, 255, 189, 240, 34, 116, 122, 136, 3, 50, 108,
      40, 88, 146, 175, 181, 193,
    ],
  ],
  [
    'equalize',
    (image) => equalize(resize(image, { width: 64, height: 64 })),
    0,
    [
      0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 6, 0, 8, 22, 5, 18, 49, 7, 36, 92, 13, 56, 130, 19, 77, 162, 30, 101,
      190, 45, 123, 211, 57, 136, 221, 60, 139, 217, 51, 123, 190, 36, 93, 136, 23, 62, 88, 17, 47, 54, 21,
      52, 57, 39, 83, 106, 76, 133, 190,
    ],
  ],
  [
    'posterize',
    (image) => posterize(image, 3),
    0,
    [
      0, 0, 0, 32, 64, 128, 64, 96, 160, 32, 64, 64, 128, 192, 224, 160, 224, 32, 96, 96, 128, 0, 32, 96, 32,
      64, 128, 160, 160, 192,
    ],
  ],
  [
    'solarize',
    (image) => solarize(image, 100),
    0,
    [
      0, 11, 22, 37, 90, 112, 74, 128, 75, 57, 68, 79, 107, 54, 1, 70, 17, 35, 141, 130, 119, 3, 56, 146, 40,
      93, 109, 84, 73, 62,
    ],
  ],
  [
    'brightness',
    (image) => brightness(image, 1.4),
    0,
    [
      0, 15, 30, 51, 126, 200, 103, 177, 252, 79, 95, 110, 207, 255, 255, 255, 255, 49, 159, 175, 190, 4, 78,
      152, 56, 130, 204, 239, 254, 255,
    ],
  ],
  [
    'contrast',
    (image) => contrast(image, 0.6),
    0,
    [
      51, 57, 64, 73, 105, 137, 95, 127, 159, 85, 92, 98, 140, 171, 203, 162, 194, 72, 119, 126, 132, 53, 84,
      116, 75, 107, 138, 153, 160, 167,
    ],
  ],
  [
    'saturation',
    (image) => saturation(image, 1.7),
    0,
    [
      0, 12, 31, 6, 97, 187, 43, 134, 224, 50, 69, 88, 117, 208, 255, 175, 255, 0, 107, 126, 145, 0, 63, 153,
      9, 100, 190, 164, 183, 202,
    ],
  ],
  [
    'sharpness',
    (image) => sharpness(image, 1.8),
    39,
    [
      91, 144, 197, 172, 233, 255, 16, 28, 23, 255, 0, 41, 0, 28, 121, 77, 88, 115, 80, 157, 249, 161, 237,
      255, 169, 180, 176, 255, 0, 29, 0, 32, 109, 246, 255, 255, 107, 160, 213, 182, 235, 32, 0, 0, 0, 0, 71,
      132, 67, 160, 221, 55, 82, 93, 213, 255, 0, 255, 0, 56, 124, 151, 162, 33, 125, 202, 121, 214, 255, 208,
      235, 231, 255, 0, 22, 26, 79, 132, 0, 11, 22,
    ],
  ],
]

describe('colour operations', () => {
  it.each(cases)('%s equals Pillow', (_name, change, from, expected) => {
    const { data } = change(pattern())
    expect([...data.subarray(from, from + expected.length)]).toEqual(expected)
  })
})
