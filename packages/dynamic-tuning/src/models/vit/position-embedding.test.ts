import { fileURLToPath } from 'node:url'
import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../errors.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { type Grid, type ResizeMethod, resizePositionEmbedding } from './position-embedding.ts'

const methods: ResizeMethod[] = ['bicubic-antialias', 'bicubic']
const folder = fileURLToPath(new URL('../../../fixtures/reference/vit/', import.meta.url))

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0)
}

describe.each(methods)('resizing a position embedding (%s)', (method) => {
  it('keeps a constant and the prefix', () => {
    for (const to of [
      [3, 3],
      [6, 9],
      [1, 1],
      [14, 2],
    ] satisfies Grid[]) {
      const data = new Float32Array((2 + 5 * 4) * 3).fill(0.7)
      data.set([1, 2, 3, 4, 5, 6])
      const resized = resizePositionEmbedding(data, [5, 4], to, 2, method)
      const expected = new Float32Array((2 + to[0] * to[1]) * 3).fill(0.7)
      expected.set([1, 2, 3, 4, 5, 6])
      expect(largestDifference(resized, expected)).toBeLessThan(1e-6)
    }
  })

  it('changes nothing on the same grid, and hands out a copy', () => {
    const stream = random(1, 'position')
    const data = Float32Array.from({ length: (1 + 12) * 2 }, () => stream.normal())
    const same = resizePositionEmbedding(data, [3, 4], [3, 4], 1, method)
    expect(same).toEqual(data)
    expect(same).not.toBe(data)
  })

  it('takes a ramp as its kernel does away from the border, and mirrors with its input', () => {
    const ramp = Float32Array.from({ length: 16 }, (_, column) => column)
    const wide = resizePositionEmbedding(ramp, [1, 16], [1, 32], 0, method)
    // Only a = -0.5 keeps straight lines; a = -0.75 leaves them by 3/64 at the quarters.
    const bend = method === 'bicubic' ? 3 / 64 : 0
    for (let i = 6; i < 26; i++) {
      expect(wide[i]).toBeCloseTo((i + 0.5) / 2 - 0.5 + (i % 2 === 0 ? -bend : bend), 5)
    }
    const back = resizePositionEmbedding(ramp.slice().reverse(), [1, 16], [1, 7], 0, method)
    const there = resizePositionEmbedding(ramp, [1, 16], [1, 7], 0, method)
    expect(largestDifference(back.reverse(), there)).toBeLessThan(1e-5)
  })

  it('treats rows as it treats columns', () => {
    const stream = random(2, 'position')
    const data = Float32Array.from({ length: 35 }, () => stream.normal())
    const turned = Float32Array.from(data, (_, i) => data[(i % 5) * 7 + Math.floor(i / 5)] as number)
    const wide = resizePositionEmbedding(data, [5, 7], [3, 11], 0, method)
    const tall = resizePositionEmbedding(turned, [7, 5], [11, 3], 0, method)
    const expected = Float32Array.from(wide, (_, i) => wide[(i % 3) * 11 + Math.floor(i / 3)] as number)
    expect(largestDifference(tall, expected)).toBeLessThan(1e-6)
  })
})

describe('resizing a position embedding', () => {
  it('refuses values that do not fill the grid', () => {
    const resize = (): unknown => resizePositionEmbedding(new Float32Array(10), [2, 2], [3, 3], 1 + 1)
    expect(resize).toThrow(CheckpointError)
    expect(resize).toThrow(/10 values do not fit 2 \+ 2 x 2 tokens/)
  })

  it.each([
    ['bicubic-antialias', 'expected'],
    ['bicubic', 'no_antialias'],
  ] as const)('matches the reference tensors: %s', (method, file) => {
    const source = readSafetensors(`${folder}token/weights.safetensors`).get('pos_embed')?.data
    const expected = readSafetensors(`${folder}resize/${file}.safetensors`)
    for (const to of [
      [6, 6],
      [3, 3],
      [5, 7],
    ] satisfies Grid[]) {
      const resized = resizePositionEmbedding(source as Float32Array, [4, 4], to, 1, method)
      const target = expected.get(`pos_embed.${to[0]}x${to[1]}`)?.data as Float32Array
      expect(largestDifference(resized, target)).toBeLessThan(1e-6)
    }
  })
})
