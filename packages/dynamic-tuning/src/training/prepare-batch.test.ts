import { describe, expect, it } from 'vitest'
import { classificationLoss } from '../tasks/classification/loss.ts'
import { batchPreparation } from './prepare-batch.ts'
import type { StepBatch } from './step-feeds.ts'

const config = { numClasses: 3, imageSize: [4, 6] } as const
/** Two clips of 2 frames: every pixel of a clip is its number. */
const pixels = 3 * 2 * 4 * 6
const batch = {
  images: Float32Array.from({ length: 2 * pixels }, (_, i) => Math.floor(i / pixels)),
  truths: [0, 2],
  indices: Int32Array.of(0, 1),
  rows: 2,
  size: 2,
}
const sharesIn = ({ targets }: StepBatch) => targets.targets?.data as Float32Array
const plain = { labelSmoothing: 0.3, mixup: 0, cutmix: 0, seed: 4 }

describe('batchPreparation', () => {
  it('gives smoothed labels and the images as they are where nothing is mixed', () => {
    const prepared = batchPreparation(classificationLoss, config, plain)(batch, 0)
    expect([prepared.images, prepared.size]).toEqual([batch.images, 2])
    for (const [i, value] of [0.8, 0.1, 0.1, 0.1, 0.1, 0.8].entries())
      expect(sharesIn(prepared)[i]).toBeCloseTo(value, 6)
  })

  it('mixes with the shares of the labels, the same box in all frames, anew at every step', () => {
    const prepare = batchPreparation(classificationLoss, config, { ...plain, labelSmoothing: 0, cutmix: 1 })
    const steps = Array.from({ length: 20 }, (_, step) => prepare(batch, step))
    for (const step of steps) {
      const { images } = step
      const first = images.subarray(0, pixels)
      expect(first.reduce((a, b) => a + b, 0) / pixels).toBeCloseTo(sharesIn(step)[2] as number, 5)
      for (let plane = 1; plane < 6; plane++)
        expect(first.subarray(plane * 24, (plane + 1) * 24)).toEqual(first.subarray(0, 24))
    }
    expect(new Set(steps.map((each) => sharesIn(each)[2])).size).toBeGreaterThan(5)
    expect(prepare(batch, 3)).toEqual(steps[3])
    const otherSeed = batchPreparation(classificationLoss, config, {
      ...plain,
      labelSmoothing: 0,
      cutmix: 1,
      seed: 5,
    })
    expect(steps.map((_, step) => sharesIn(otherSeed(batch, step))[2])).not.toEqual(
      steps.map((each) => sharesIn(each)[2]),
    )
  })
})
