import { expect, it } from 'vitest'
import { scaledSize } from './scaled-size.ts'

const base = { long: 2048, short: 512 }

it('fits a picture into both limits, rounded half up', () => {
  expect(scaledSize({ width: 683, height: 512 }, base)).toEqual({ width: 683, height: 512 })
  // f = 512 / 300: 400 f = 682.67
  expect(scaledSize({ width: 400, height: 300 }, base)).toEqual({ width: 683, height: 512 })
  expect(scaledSize({ width: 300, height: 400 }, base)).toEqual({ width: 512, height: 683 })
  // Five times as wide as high: f = 2048 / 1000, 200 f = 409.6
  expect(scaledSize({ width: 1000, height: 200 }, base)).toEqual({ width: 2048, height: 410 })
  // f = 8 / 16 = 0.5: 17 f + 0.5 = 9
  expect(scaledSize({ width: 17, height: 16 }, { long: 100, short: 8 })).toEqual({ width: 9, height: 8 })
})

it('multiplies the limits by the ratio and cuts them', () => {
  // limits 1024.512 and 256.128
  expect(scaledSize({ width: 400, height: 300 }, base, 0.50025)).toEqual({ width: 341, height: 256 })
  expect(scaledSize({ width: 1000, height: 200 }, base, 0.50025)).toEqual({ width: 1024, height: 205 })
})

it('leaves at least a pixel', () => {
  expect(scaledSize({ width: 1000, height: 1 }, { long: 100, short: 50 })).toEqual({ width: 100, height: 1 })
})
