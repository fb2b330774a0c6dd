import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { affine, rotation, shear, translation } from './affine.ts'
import { brightness, contrast, saturation, sharpness } from './colour.ts'
import { autoContrast, equalize, posterize, solarize } from './histogram.ts'
import { trivialAugment, trivialOperations } from './trivial.ts'

const image = pattern(35, 28)

/** Each operation at strength 0.8 and direction 1, and at 0.5 and -1, in the ranges of TrivialAugmentWide. */
const expected: Readonly<Record<string, readonly [Pixels, Pixels]>> = {
  identity: [image, image],
  shearX: [affine(image, shear(0.792, 0)), affine(image, shear(-0.495, 0))],
  shearY: [affine(image, shear(0, 0.792)), affine(image, shear(0, -0.495))],
  // 32 / 224 of 35 x 28 are 5 x 4 pixels.
  translateX: [affine(image, translation(4, 0)), affine(image, translation(-2, 0))],
  translateY: [affine(image, translation(0, 3)), affine(image, translation(0, -2))],
  rotate: [affine(image, rotation(108)), affine(image, rotation(-67.5))],
  brightness: [brightness(image, 1.792), brightness(image, 0.505)],
  saturation: [saturation(image, 1.792), saturation(image, 0.505)],
  contrast: [contrast(image, 1.792), contrast(image, 0.505)],
  sharpness: [sharpness(image, 1.792), sharpness(image, 0.505)],
  posterize: [posterize(image, 3), posterize(image, 5)],
  solarize: [solarize(image, 51), solarize(image, 127.5)],
  autoContrast: [autoContrast(image), autoContrast(image)],
  equalize: [equalize(image), equalize(image)],
}

describe('the operations of TrivialAugmentWide', () => {
  it('are all here', () => {
    expect(Object.keys(trivialOperations)).toEqual(Object.keys(expected))
  })

  it.each(Object.entries(expected))('%s has its range', (name, [strong, back]) => {
    expect(trivialOperations[name]?.(image, 0.8, 1).data).toEqual(strong.data)
    expect(trivialOperations[name]?.(image, 0.5, -1).data).toEqual(back.data)
  })
})

describe('trivialAugment', () => {
  const names = Object.keys(trivialOperations)
  const once = (name: string, strength: number, direction: number) =>
    trivialAugment(image, scriptedRandom((names.indexOf(name) + 0.5) / names.length, strength, direction))

  it('applies one operation at one of 31 strengths in one of two directions', () => {
    expect(once('rotate', 0.999, 0.5)).toEqual(affine(image, rotation(135)))
    expect(once('rotate', 0.999, 0.499)).toEqual(affine(image, rotation(-135)))
    expect(once('rotate', 0, 0.9)).toEqual(image)
    expect(once('rotate', 15.5 / 31, 0.9)).toEqual(affine(image, rotation(67.5)))
  })

  it('is decided by the stream alone', () => {
    const results = Array.from({ length: 30 }, (_, i) => trivialAugment(image, random(i, 'trivial')))
    expect(trivialAugment(image, random(7, 'trivial'))).toEqual(results[7])
    expect(new Set(results.map(({ data }) => data.join())).size).toBeGreaterThan(15)
  })
})
