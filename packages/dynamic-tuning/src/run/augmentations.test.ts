import { describe, expect, it } from 'vitest'
import { createTransform, evaluationResize } from '../data/transforms/transforms.ts'
import { augmentations, evaluationTransform, trainingTransform, usualAugmentation } from './augmentations.ts'

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

  it('crop at random and mirror about half of the images for training', () => {
    const transform = trainingTransform(paper, half)
    expect(trainingTransform({ ...paper, augment: 'none' }, half)).toEqual(evaluationTransform(paper, half))
    // Brightness grows from left to right, so a mirrored picture darkens.
    const [width, height] = [64, 48]
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => 3 * (Math.floor(i / 3) % width))
    const out = new Float32Array(3 * 224 * 224)
    const { finish, prepare } = createTransform(transform)
    const darkens = Array.from({ length: 12 }, (_, index) => {
      finish(prepare({ width, height, data }), { seed: 1, epoch: 0, index }, out, 0)
      return (out[223] ?? 0) < (out[0] ?? 0)
    })
    expect(darkens.filter((each) => each).length).toBeGreaterThan(2)
    expect(darkens.filter((each) => !each).length).toBeGreaterThan(2)
  })
})

describe('augmentations', () => {
  it('have these operations and numbers', () => {
    const ratio = [3 / 4, 4 / 3]
    expect(augmentations).toEqual({
      none: undefined,
      'resized-crop': { randomResizedCrop: { scale: [0.08, 1], ratio, clamped: true }, flip: true },
      light: { randomResizedCrop: { scale: [0.6, 1], ratio }, flip: true },
      strong: {
        ...{ randomResizedCrop: { scale: [0.3, 1], ratio }, flip: true },
        ...{ trivialAugment: true, randomErasing: 0.1 },
      },
      'short-side': { shortSideJitter: [1, 256 / 224], flip: true },
      'rand-augment': {
        ...{ randAugment: { magnitude: 7, layers: 4, deviation: 0.5 } },
        ...{ randomResizedCrop: { scale: [0.08, 1], ratio } },
      },
    })
    // Fields are listed in the order in which they act.
    expect(Object.keys(augmentations['rand-augment'] ?? {})).toEqual(['randAugment', 'randomResizedCrop'])
  })

  it('are short-side for video files and none for anything else', () => {
    expect(usualAugmentation('videos/', { kind: 'clips' })).toBe('short-side')
    expect(usualAugmentation('builtin:motion', { kind: 'clips' })).toBe('none')
    expect(usualAugmentation('photos/', { kind: 'images' })).toBe('none')
  })
})
