import { describe, expect, it } from 'vitest'
import type { ClassifyOptions, Prediction } from './classifier.ts'
import { classifyInPieces } from './classify-in-pieces.ts'

/** A model of rows of two numbers that gives their sum and difference, and keeps what it was asked. */
function stub() {
  const asked: { rows: number; first: number | undefined; thresholds: unknown }[] = []
  return {
    asked,
    async classify(
      images: Float32Array,
      _weights?: unknown,
      { first, thresholds }: ClassifyOptions = {},
    ): Promise<Prediction> {
      const rows = images.length / 2
      asked.push({ rows, first, thresholds })
      const [data, masks] = [new Float32Array(rows * 6), new Float32Array(rows * 2)]
      for (let row = 0; row < rows; row++) {
        const [a = 0, b = 0] = images.subarray(2 * row)
        data.set([a + b, a + b, a + b, a - b, a - b, a - b], 6 * row)
        masks.set([a, 0], 2 * row)
      }
      const logits = { dtype: 'float32', shape: [rows, 2, 3], data } as const
      return { outputs: { logits }, masks, shares: undefined, probabilities: undefined }
    },
  }
}

const images = Float32Array.from({ length: 14 }, (_, i) => i)

describe('passes of limited size', () => {
  it('give what one pass gives, for whole pieces and a rest', async () => {
    const whole = await stub().classify(images)
    for (const most of [1, 2, 3, 6]) {
      const model = stub()
      const found = await classifyInPieces(model, images, { rows: 7, most }, { first: 20, thresholds: 0.3 })
      expect(found).toEqual(whole)
      expect(model.asked.map(({ rows }) => rows)).toEqual(
        Array.from({ length: Math.ceil(7 / most) }, (_, i) => Math.min(most, 7 - i * most)),
      )
      expect(model.asked.map(({ first }) => first)).toEqual(model.asked.map((_, i) => 20 + i * most))
      expect(model.asked.every(({ thresholds }) => thresholds === 0.3)).toBe(true)
    }
  })

  it('are one where all rows fit', async () => {
    const model = stub()
    await classifyInPieces(model, images, { rows: 7, most: 7 })
    expect(model.asked).toEqual([{ rows: 7, first: 0, thresholds: undefined }])
  })
})
