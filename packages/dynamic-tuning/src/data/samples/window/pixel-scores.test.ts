import { describe, expect, it } from 'vitest'
import { farthest, noise } from '../../../nn/plain.test.support.ts'
import { logSumOf, pixelScores } from './pixel-scores.ts'
import type { WindowPlace } from './place.ts'
import { resizePlanes } from './planes.ts'
import { stitchPart } from './stitch.ts'

const window = { width: 4, height: 3 }
const part = (width: number, mirrored = false) => ({
  resized: { width, height: 3 },
  mirrored,
  windows: [
    { left: 0, top: 0 },
    { left: width - 4, top: 0 },
  ],
})
const logits = { shape: [5, 3, 2, 2], data: noise(5 * 3 * 4, 7).map((value) => 4 * value) }
const original = { width: 7, height: 5 }
const place = (...parts: WindowPlace['parts']): WindowPlace => ({ original, window, parts })

/** Logits of a part at the original size, class by class. */
const wholeOf = (first: number, width: number) =>
  resizePlanes(stitchPart(logits, first, part(width), window), original).data

describe('scores of pixels', () => {
  it('are the stitched logits at the original size', () => {
    const scores = pixelScores(logits, 1, place(part(6)))
    expect([scores.width, scores.height, scores.classes]).toEqual([7, 5, 3])
    const wanted = wholeOf(1, 6)
    for (const k of [2, 0, 1])
      expect(farthest(scores.of(k), wanted.subarray(k * 35, (k + 1) * 35))).toBeLessThan(1e-6)
  })

  it('average probabilities of several scales, and turn mirrored ones back', () => {
    const scores = pixelScores(logits, 1, place(part(6), part(5, true)))
    const [plain, turned] = [wholeOf(1, 6), wholeOf(3, 5)]
    for (let y = 0; y < 5; y++)
      for (let x = 0; x < 7; x++) {
        const of = (values: Float32Array, column: number): number[] => {
          const row = [0, 1, 2].map((k) => Math.exp(values[k * 35 + y * 7 + column] as number))
          return row.map((value) => value / row.reduce((a, b) => a + b))
        }
        const [a, b] = [of(plain, x), of(turned, 6 - x)]
        for (const k of [0, 1, 2]) {
          const mean = ((a[k] as number) + (b[k] as number)) / 2
          expect(Math.exp(scores.of(k)[y * 7 + x] as number)).toBeCloseTo(mean, 6)
        }
      }
    expect(farthest(logSumOf(scores), new Float64Array(35))).toBeLessThan(1e-6)
  })

  it('sum without overflow', () => {
    const values = [Float32Array.of(1000, -1000), Float32Array.of(999, -1000), Float32Array.of(1001, -1002)]
    const sums = logSumOf({ classes: 3, of: (k) => values[k] as Float32Array })
    expect(sums[0]).toBeCloseTo(1000 + Math.log(1 + Math.exp(-1) + Math.E), 9)
    expect(sums[1]).toBeCloseTo(-1000 + Math.log(2 + Math.exp(-2)), 9)
  })
})
