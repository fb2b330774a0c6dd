import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { pattern } from '../testing/pattern.ts'
import { flip } from './augment/flip.ts'
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
    [{ width: 500, height: 375 }, 224, 0.875, { height: 256, width: 341, top: 16, left: 59 }],
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

  it('covers a size that is not square', () => {
    const settings = { ...plain, resize: 'crop', height: 32, width: 64 } as const
    const { height, width } = evaluationResize({ width: 100, height: 100 }, settings)
    expect([height, width]).toEqual([64, 64])
  })
})

describe('augmentation', () => {
  const draw = (augment: TransformSettings['augment'], epoch: number, index = 3, seed = 1) => {
    const transform = createTransform({ ...plain, augment })
    const out = new Float32Array(3 * 9 * 13)
    transform.finish(transform.prepare(pattern()), { seed, epoch, index }, out, 0)
    return out
  }
  const everything = {
    randomResizedCrop: { scale: [0.3, 1], ratio: [0.75, 1.33] },
    flip: true,
    trivialAugment: true,
    colorJitter: 0.4,
    randomErasing: 0.5,
  } as const

  it('depends on seed, epoch and index, and on nothing else', () => {
    expect(draw(everything, 4)).toEqual(draw(everything, 4))
    expect(draw(everything, 5)).not.toEqual(draw(everything, 4))
    expect(draw(everything, 4, 2)).not.toEqual(draw(everything, 4))
    expect(draw(everything, 4, 3, 2)).not.toEqual(draw(everything, 4))
  })

  it('flips about half of the time', () => {
    const [same, mirrored] = [toInput(pattern(), plain), toInput(flip(pattern()), plain)]
    let flipped = 0
    for (let epoch = 0; epoch < 200; epoch++) {
      const seen = draw({ flip: true }, epoch)
      const isFlipped = random(1, 'augment', epoch, 3).uniform() < 0.5
      expect(seen).toEqual(isFlipped ? mirrored : same)
      if (isFlipped) flipped++
    }
    expect(flipped).toBeGreaterThan(70)
    expect(flipped).toBeLessThan(130)
  })

  it('asks for sources of twice the size looked at, or what the smallest random crop needs', () => {
    const enough = (other: Partial<TransformSettings>) => createTransform({ ...plain, ...other }).enough
    expect(enough({})).toEqual({ height: 18, width: 26 })
    expect(enough({ resize: 'crop', cropRatio: 0.5 })).toEqual({ height: 36, width: 52 })
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
    ]) {
      expect(() => createTransform({ ...plain, ...bad } as TransformSettings)).toThrow(ConfigError)
    }
  })
})
