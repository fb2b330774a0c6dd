import { describe, expect, it } from 'vitest'
import { createTransform, evaluationResize } from '../data/transforms/transforms.ts'
import { evaluationTransform, trainingTransform } from './augmentations.ts'

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const
const paper = { imageSize: [224, 224], resize: 'crop', cropRatio: 0.875, augment: 'resized-crop' } as const

describe('transforms of a run', () => {
  it('crop the centre 224 of 256 pixels for testing', () => {
    const transform = evaluationTransform(paper, half)
    expect(transform).toEqual({ height: 224, width: 224, resize: 'crop', cropRatio: 0.875, ...half })
    expect(evaluationResize({ width: 512, height: 1024 }, transform)).toEqual({
      width: 256,
      height: 512,
      window: { left: 16, top: 144, width: 224, height: 224 },
    })
  })

  it('without a crop ratio take the centre of the image as it fits', () => {
    const { cropRatio: _, ...plain } = paper
    const transform = evaluationTransform(plain, half)
    expect(transform).toEqual({ height: 224, width: 224, resize: 'crop', ...half })
    expect(evaluationResize({ width: 512, height: 1024 }, transform)).toMatchObject({
      width: 224,
      height: 448,
    })
  })

  it('crop and resize at random for training, and do nothing else', () => {
    const transform = trainingTransform(paper, half)
    expect(transform.augment).toEqual({ randomResizedCrop: { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] } })
    expect(trainingTransform({ ...paper, augment: 'none' }, half).augment).toBeUndefined()
    // Brightness grows from left to right, so a mirrored picture would darken.
    const [width, height] = [64, 48]
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => 3 * (Math.floor(i / 3) % width))
    const out = new Float32Array(3 * 224 * 224)
    const { finish, prepare } = createTransform(transform)
    for (let index = 0; index < 8; index++) {
      finish(prepare({ width, height, data }), { seed: 1, epoch: 0, index }, out, 0)
      expect(out[223] as number).toBeGreaterThan(out[0] as number)
    }
  })
})
