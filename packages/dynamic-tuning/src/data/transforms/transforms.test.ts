import { type Random, random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import type { Pixels } from '../sources/pixels.ts'
import { pattern } from '../testing/pattern.ts'
import { colorJitter } from './augment/colour.ts'
import { randomCrop, randomResizedCrop, shortSideJitter } from './augment/crop.ts'
import { erase } from './augment/erase.ts'
import { flip } from './augment/flip.ts'
import { randAugment } from './augment/rand-augment.ts'
import { trivialAugment } from './augment/trivial.ts'
import { resize } from './resize.ts'
import {
  createTransform,
  evaluationResize,
  type TransformSettings,
  toInput,
  transformSchema,
} from './transforms.ts'

const plain: TransformSettings = {
  height: 9,
  width: 13,
  resize: 'squash',
  mean: [0.5, 0.4, 0.3],
  std: [0.5, 0.25, 0.2],
}

describe('toInput', () => {
  it('normalises and puts the channels apart', () => {
    const image = pattern()
    const input = toInput(image, plain)
    image.data.forEach((byte, i) => {
      const c = i % 3
      const expected = (byte / 255 - (plain.mean[c] as number)) / (plain.std[c] as number)
      expect(input[c * 9 * 13 + Math.floor(i / 3)]).toBeCloseTo(expected, 5)
    })
  })

  it('squashes to the size', () => {
    const small = { ...plain, height: 4, width: 5 }
    expect(toInput(pattern(), small)).toEqual(toInput(resize(pattern(), { height: 4, width: 5 }), small))
  })
})

describe('evaluationResize', () => {
  it.each([
    [{ width: 500, height: 375 }, 224, 0.875, { height: 256, width: 341, top: 16, left: 58 }],
    [{ width: 375, height: 500 }, 224, 0.9, { height: 330, width: 248, top: 53, left: 12 }],
    [{ width: 32, height: 32 }, 64, undefined, { height: 64, width: 64, top: 0, left: 0 }],
    [{ width: 1000, height: 10 }, 64, 1, { height: 64, width: 6400, top: 0, left: 3168 }],
  ])('fits the shorter side of %o to %i / %d and takes the centre', (image, side, cropRatio, expected) => {
    const { height, width, window } = evaluationResize(image, {
      ...plain,
      resize: 'crop',
      height: side,
      width: side,
      cropRatio,
    })
    expect({ height, width, top: window?.top, left: window?.left }).toEqual(expected)
    expect([window?.width, window?.height]).toEqual([side, side])
  })

  it('rounds the middle to the even number without views, and down with them', () => {
    const settings = { ...plain, height: 224, width: 224, resize: 'crop' } as const
    const placeOf = (width: number, height: number, view?: { view: number; views: number }) => {
      const { window } = evaluationResize({ width, height }, settings, view)
      return [window?.top, window?.left]
    }
    // 256 x 340 becomes 224 x 297, 256 x 342 224 x 299: 73 and 75 columns remain.
    expect([placeOf(340, 256), placeOf(342, 256)]).toEqual([
      [0, 36],
      [0, 38],
    ])
    expect([placeOf(256, 340), placeOf(256, 342)]).toEqual([
      [36, 0],
      [38, 0],
    ])
    const one = { view: 0, views: 1 }
    expect([placeOf(340, 256, one), placeOf(256, 342, one)]).toEqual([
      [0, 36],
      [37, 0],
    ])
    const three = (width: number, height: number) =>
      [0, 1, 2].map((view) => placeOf(width, height, { view, views: 3 }))
    expect(three(342, 256)).toEqual([
      [0, 0],
      [0, 37],
      [0, 75],
    ])
    expect(three(256, 342)).toEqual([
      [0, 0],
      [37, 0],
      [75, 0],
    ])
    const five = [0, 1, 2, 3, 4].map((view) => placeOf(342, 256, { view, views: 5 })[1])
    expect(five).toEqual([0, 18, 37, 56, 75])
  })

  it('moves views along the longer side, in the middle of the shorter one', () => {
    const settings = { ...plain, height: 224, width: 224, resize: 'crop', cropRatio: 0.875 } as const
    const view = { view: 0, views: 3 }
    const wide = evaluationResize({ width: 512, height: 256 }, settings, view)
    expect([wide.window?.top, wide.window?.left]).toEqual([16, 0])
    const high = evaluationResize({ width: 256, height: 512 }, settings, view)
    expect([high.window?.top, high.window?.left]).toEqual([0, 16])
    const square = evaluationResize({ width: 256, height: 256 }, settings, view)
    expect([square.window?.top, square.window?.left]).toEqual([16, 0])
  })

  it('keeps a longer side that rounding errors would take one below, and no side below the size', () => {
    const settings = { ...plain, height: 224, width: 224, resize: 'crop' } as const
    for (const scale of [3, 7, 11, 49, 58])
      expect(evaluationResize({ width: 3 * scale, height: scale }, settings).width).toBe(672)
    const thin = { ...settings, height: 29, width: 1 }
    expect(evaluationResize({ width: 58, height: 58 }, thin)).toMatchObject({ height: 29, width: 29 })
  })

  it('covers a size that is not square', () => {
    const settings = { ...plain, resize: 'crop', height: 32, width: 64 } as const
    const { height, width } = evaluationResize({ width: 100, height: 100 }, settings)
    expect([height, width]).toEqual([64, 64])
  })
})

/** Normalises and puts the channels apart, in plain loops. */
function normalised({ data }: Pixels): Float32Array {
  const plane = data.length / 3
  const out = new Float32Array(data.length)
  for (let pixel = 0; pixel < plane; pixel++)
    for (let c = 0; c < 3; c++) {
      const [mean = 0, std = 1] = [plain.mean[c], plain.std[c]]
      out[c * plane + pixel] = ((data[pixel * 3 + c] ?? 0) / 255 - mean) / std
    }
  return out
}

describe('augmentation', () => {
  const source = pattern(26, 21)
  const draw = (augment: TransformSettings['augment'], epoch: number, index = 3, seed = 1) => {
    const transform = createTransform({ ...plain, augment })
    const out = new Float32Array(3 * 9 * 13)
    transform.finish(transform.prepare(source), { seed, epoch, index }, out, 0)
    return out
  }
  const size = { height: 9, width: 13 }
  const randomResizedCropOf = { scale: [0.3, 1], ratio: [0.75, 1.33] } as const
  const randAugmentOf = { magnitude: 7, layers: 2, deviation: 0.5 }
  const rest = { flip: true, trivialAugment: true, colorJitter: 0.4, randomErasing: 0.7 }
  const everything = { randAugment: randAugmentOf, randomResizedCrop: randomResizedCropOf, ...rest }

  it('is RandAugment, a crop, the mirror, TrivialAugment, the jitter and erasing, in this order', () => {
    const shortSide = [1, 1.5] as const
    const crops = [
      [
        { randomResizedCrop: randomResizedCropOf, shortSideJitter: shortSide, randomCrop: { padding: 2 } },
        (image: Pixels, next: Random) => randomResizedCrop(image, size, randomResizedCropOf, next),
        source,
      ],
      [
        { shortSideJitter: shortSide, randomCrop: { padding: 2 } },
        (image: Pixels, next: Random) => shortSideJitter(image, size, shortSide, next),
        source,
      ],
      [
        { randomCrop: { padding: 2 } },
        (image: Pixels, next: Random) => randomCrop(image, 2, next),
        resize(source, size),
      ],
      [{}, (image: Pixels) => image, resize(source, size)],
    ] as const
    for (const [settings, crop, image] of crops)
      for (let epoch = 0; epoch < 4; epoch++) {
        const next = random(1, 'augment', epoch, 3)
        const cropped = crop(randAugment(image, randAugmentOf, next), next)
        const mirrored = next.uniform() < 0.5 ? flip(cropped) : cropped
        const expected = normalised(colorJitter(trivialAugment(mirrored, next), 0.4, next))
        erase(expected, 0, size, 0.7, next)
        expect(draw({ randAugment: randAugmentOf, ...rest, ...settings }, epoch)).toEqual(expected)
      }
  })

  it('does nothing that is not asked for', () => {
    const { flip: _, ...others } = everything
    for (const augment of [{}, { flip: false, trivialAugment: false, colorJitter: 0, randomErasing: 0 }])
      expect(draw(augment, 2)).toEqual(normalised(resize(source, size)))
    expect(createTransform(plain).deterministic).toBe(true)
    expect(createTransform({ ...plain, augment: {} }).deterministic).toBe(false)
    const next = random(1, 'augment', 2, 3)
    const cropped = randomResizedCrop(
      randAugment(source, randAugmentOf, next),
      size,
      randomResizedCropOf,
      next,
    )
    const expected = normalised(colorJitter(trivialAugment(cropped, next), 0.4, next))
    erase(expected, 0, size, 0.7, next)
    expect(draw(others, 2)).toEqual(expected)
  })

  it('depends on seed, epoch and index, and on nothing else', () => {
    expect(draw(everything, 4)).toEqual(draw(everything, 4))
    expect(draw(everything, 5)).not.toEqual(draw(everything, 4))
    expect(draw(everything, 4, 2)).not.toEqual(draw(everything, 4))
    expect(draw(everything, 4, 3, 2)).not.toEqual(draw(everything, 4))
  })

  it('mirrors where the draw is below 1/2', () => {
    const [same, mirrored] = [toInput(source, plain), normalised(flip(resize(source, size)))]
    const flips = Array.from({ length: 40 }, (_, epoch) => random(1, 'augment', epoch, 3).uniform() < 0.5)
    expect(new Set(flips).size).toBe(2)
    for (const [epoch, flipped] of flips.entries())
      expect(draw({ flip: true }, epoch)).toEqual(flipped ? mirrored : same)
  })

  it('asks for sources of twice the size looked at, or what the smallest random crop needs', () => {
    const enough = (other: Partial<TransformSettings>) => createTransform({ ...plain, ...other }).enough
    expect(enough({})).toEqual({ height: 18, width: 26 })
    expect(enough({ resize: 'crop', cropRatio: 0.5 })).toEqual({ height: 36, width: 52 })
    expect(enough({ resize: 'crop', cropRatio: 0.7 })).toEqual({ height: 26, width: 38 })
    expect(enough({ resize: 'squash', cropRatio: 0.5 })).toEqual({ height: 18, width: 26 })
    expect(enough({ resize: 'crop' })).toEqual({ height: 18, width: 26 })
    expect(enough({ augment: { randomResizedCrop: { scale: [0.0625, 1], ratio: [1, 1] } } })).toEqual({
      height: 36,
      width: 52,
    })
  })

  it('keeps what is the same in every epoch apart: the source for a random crop, else the resized image', () => {
    const small = { ...plain, height: 4, width: 4 }
    expect(createTransform({ ...small, augment: everything }).prepare(pattern())).toEqual(pattern())
    const prepared = createTransform({ ...small, augment: { randomCrop: { padding: 1 } } }).prepare(pattern())
    expect(prepared).toEqual(resize(pattern(), { height: 4, width: 4 }))
    const jitter = createTransform({ ...small, augment: { shortSideJitter: [1, 2] } })
    expect(jitter.prepare(pattern())).toEqual(pattern())
    const crop = createTransform({ ...small, resize: 'crop' })
    const view = { view: 2, views: 3 }
    expect(crop.prepare(pattern(), view)).toEqual(
      resize(pattern(), evaluationResize(pattern(), crop.settings, view)),
    )
  })
})

describe('transformSchema', () => {
  it('accepts its own JSON and refuses nonsense with ConfigError', () => {
    expect(transformSchema.parse(JSON.parse(JSON.stringify(plain)))).toEqual(plain)
    for (const bad of [
      { height: 0 },
      { std: [1, 0, 1] },
      { resize: 'stretch' },
      { cropRatio: 1.5 },
      { augment: { randomResizedCrop: { scale: [0.9, 0.1], ratio: [1, 1] } } },
      { augment: { flips: true } },
      { augment: { randomResizedCrop: { scale: [0.5, 1.1], ratio: [1, 1] } } },
      { augment: { randomResizedCrop: { scale: [0, 1], ratio: [1, 1] } } },
      { augment: { shortSideJitter: [0.9, 1] } },
      { augment: { randAugment: { magnitude: 11, layers: 2, deviation: 0 } } },
      { augment: { randAugment: { magnitude: -1, layers: 2, deviation: 0 } } },
      { augment: { randAugment: { magnitude: 1, layers: 0, deviation: 0 } } },
      { augment: { randAugment: { magnitude: 1, layers: 17, deviation: 0 } } },
      { augment: { randAugment: { magnitude: 1, layers: 2, deviation: -1 } } },
      { augment: { randomCrop: { padding: 0 } } },
      { augment: { colorJitter: 1.1 } },
      { augment: { randomErasing: -0.1 } },
      { height: 8193 },
      { width: 0 },
      { width: 8193 },
      { mean: [0, 0] },
      { cropRatio: 0 },
      { more: 1 },
    ]) {
      expect(() => createTransform({ ...plain, ...bad } as TransformSettings)).toThrow(ConfigError)
    }
  })
})
