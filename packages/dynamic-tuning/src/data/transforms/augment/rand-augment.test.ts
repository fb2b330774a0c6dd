import { createHash } from 'node:crypto'
import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import type { Pixels } from '../../sources/pixels.ts'
import { pattern } from '../../testing/pattern.ts'
import { scriptedRandom } from '../../testing/scripted-random.ts'
import { mapBytes } from './colour.ts'
import { type ImageOperation, randAugment, randOperations } from './rand-augment.ts'

const image = pattern(40, 30)
const operation = (name: string): ImageOperation => {
  const found = randOperations[name]
  if (found === undefined) throw new Error(`there is no operation ${name}`)
  return found
}
const hash = ({ data }: Pixels): string => createHash('sha256').update(data).digest('hex').slice(0, 12)

/** Levels and directions of the results below. */
const strengths = [
  [0.7, 1],
  [0.7, -1],
  [0.23, 1],
  [1, 1],
  [1, -1],
] as const
/**
 * Hashes of what Pillow 12.3.0 makes of the image with timm's formulas: transforms bicubic with grey 128
 * outside, shears about the top left corner, rotations clockwise for direction 1.
 */
const pillow = {
  autoContrast: ['28cc884a5df3', '28cc884a5df3', '28cc884a5df3', '28cc884a5df3', '28cc884a5df3'],
  equalize: ['939f7752a383', '939f7752a383', '939f7752a383', '939f7752a383', '939f7752a383'],
  invert: ['b524d3031a6a', 'b524d3031a6a', 'b524d3031a6a', 'b524d3031a6a', 'b524d3031a6a'],
  rotate: ['927e0451c403', '8613d7b47691', 'e5ba26ae3b23', '7d4f3450df49', 'b3f02bc9d553'],
  posterize: ['f820143aa07b', 'f820143aa07b', '174b4c8bc3d3', '967eedb2dc77', '967eedb2dc77'],
  solarize: ['64aea4d124ba', '64aea4d124ba', '0d60865dd180', 'b524d3031a6a', 'b524d3031a6a'],
  solarizeAdd: ['39af09588219', '39af09588219', '0a38b88680d8', '784754962c49', '784754962c49'],
  color: ['01f01a64733e', '7abd93eaf7e7', 'ab660e144a94', 'f712dd9ef641', 'b9c5224e8843'],
  contrast: ['4d410f981ae4', '9e10eb1a162b', 'b6f8190a51be', '6961ae86ae7d', '1ff89b8f1cf6'],
  brightness: ['783e55e9de14', '92c2dbd7ea8d', '374ca2009579', '239abf9a829e', '930b34c0718e'],
  sharpness: ['167e63ef3deb', 'caa3dcf17e8f', 'c05787e74866', 'a006e8b900e0', 'da872861ffc2'],
  shearX: ['8ebbd1a4b5c4', '5d232933c737', 'ea17b805196e', 'aa2762c5f4e4', '46525110f254'],
  shearY: ['1b21cc4c54e9', '253ae40bf23d', 'c52fd61a8121', 'e89f6b0f6327', 'f7a3847707e8'],
  translateX: ['67a8aae84872', '5ec075b1ce29', 'd4906f3d6231', '801878670494', '0931ea349835'],
  translateY: ['863667915386', '052fb625deb5', 'd93a450f753f', '4e9c1c692a25', '5250454a8e9c'],
} as const

describe('the operations of RandAugment', () => {
  it('are all here', () => {
    expect(Object.keys(randOperations)).toEqual(Object.keys(pillow))
  })

  it.each(Object.entries(pillow))('%s equals Pillow bit for bit', (name, hashes) => {
    // The values of the image reach from 0 to 255: contrast is there to stretch after some is taken.
    const input = name === 'autoContrast' ? mapBytes(image, (v) => 20 + Math.floor((v * 3) / 4)) : image
    expect(strengths.map(([level, d]) => hash(operation(name)(input, level, d)))).toEqual(hashes)
  })

  it('change nothing at level 0 where they have a strength', () => {
    const none = ['autoContrast', 'equalize', 'invert', 'posterize']
    for (const name of Object.keys(pillow).filter((each) => !none.includes(each)))
      expect(operation(name)(image, 0, -1).data, name).toEqual(image.data)
  })
})

describe('randAugment', () => {
  const names = Object.keys(randOperations)
  /** Draws of a layer: the operation, the chance of applying it, the normal number, the direction. */
  const layer = (name: string, chance: number, normal: number, direction: number): number[] => [
    ...[(names.indexOf(name) + 0.5) / names.length, chance, normal, direction],
  ]
  const settings = { magnitude: 7, layers: 1, deviation: 0.5 }

  it('applies an operation at a level around the magnitude, in one of two directions', () => {
    const once = (...draws: number[]): Pixels => randAugment(image, settings, scriptedRandom(...draws))
    expect(once(...layer('rotate', 0, 0, 0.5))).toEqual(operation('rotate')(image, 0.7, 1))
    expect(once(...layer('rotate', 0.499, 0, 0.499))).toEqual(operation('rotate')(image, 0.7, -1))
    expect(once(...layer('rotate', 0.5, 0, 0))).toEqual(image)
    expect(once(...layer('shearX', 0, -2, 0.9))).toEqual(operation('shearX')(image, 0.6, 1))
    expect(once(...layer('shearX', 0, 4, 0.9))).toEqual(operation('shearX')(image, 0.9, 1))
  })

  it('keeps the level between 0 and 10', () => {
    const wild = { ...settings, deviation: 100 }
    const at = (normal: number) => randAugment(image, wild, scriptedRandom(...layer('color', 0, normal, 0.9)))
    expect(at(1)).toEqual(operation('color')(image, 1, 1))
    expect(at(-1)).toEqual(image)
  })

  it('applies one operation after the other', () => {
    const draws = [...layer('color', 0, 0, 0), ...layer('invert', 0.9, 0, 0), ...layer('rotate', 0, 0, 0.9)]
    const draw = scriptedRandom(...draws)
    const expected = operation('rotate')(operation('color')(image, 0.7, -1), 0.7, 1)
    expect(randAugment(image, { ...settings, layers: 3 }, draw)).toEqual(expected)
    expect(draw.left()).toBe(0)
  })

  it('does the same to images that draw from the same stream', () => {
    const four = { ...settings, layers: 4 }
    const run = (i: number) => hash(randAugment(image, four, random(i, 'frames')))
    const all = Array.from({ length: 20 }, (_, i) => run(i))
    expect(Array.from({ length: 20 }, (_, i) => run(i))).toEqual(all)
    expect(new Set(all).size).toBeGreaterThan(15)
  })
})
