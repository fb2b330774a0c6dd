import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { drawClip } from '../sources/drawn/draw-clip.ts'
import { drawImage } from '../sources/drawn/draw-image.ts'
import { testFrames } from '../sources/video/sample-frames.ts'
import { type TransformSettings, toInput } from '../transforms/transforms.ts'
import { sampleReader } from './reader.ts'
import { sampleOf } from './registry.ts'

const transform: TransformSettings = {
  ...{ height: 16, width: 16, resize: 'squash' },
  mean: [0.5, 0.4, 0.3],
  std: [0.25, 0.5, 1],
}
const drawn = (task: string) => ({ kind: 'drawn', task, seed: 1, index: 2 }) as const

describe('sampleOf', () => {
  it('takes images without frames, whatever else is said', () => {
    const image = sampleOf({ sampling: 'dense', views: [3, 1] })
    expect(image).toMatchObject({ word: 'image', views: 1, moving: false, varies: undefined, facts: {} })
    expect(image.complete({ resize: 'squash' })).toEqual({})
  })

  it('takes clips with frames, and decides what is left open', () => {
    const clip = sampleOf({ frames: 4, views: [3, 2] })
    expect(clip).toMatchObject({ word: 'clip', views: 6, moving: true, facts: { frames: 4 } })
    expect(clip.defaults).toEqual({ resize: 'crop' })
    const complete = (settings: Parameters<typeof sampleOf>[0]) =>
      sampleOf(settings).complete({ resize: 'crop' })
    expect(complete({ frames: 4 })).toEqual({ frames: 4, sampling: 'uniform', views: [1, 1] })
    expect(complete({ frames: 4, samplingRate: 2, views: [3, 1] })).toEqual({
      ...{ frames: 4, sampling: 'dense', samplingRate: 2, views: [3, 1] },
    })
    expect(complete({ frames: 4, sampling: 'dense' })).toMatchObject({ samplingRate: 16 })
    expect(() => clip.complete({ resize: 'squash' })).toThrow(ConfigError)
  })

  it('joins what a model says of the views of each example', () => {
    const logits = { dtype: 'float32', shape: [4, 1], data: Float32Array.of(1, 3, 10, 20) } as const
    const joined = sampleOf({ frames: 2, views: [1, 2] }).join({ logits }, 2)
    expect(joined.logits).toEqual({ dtype: 'float32', shape: [2, 1], data: Float32Array.of(2, 15) })
    expect(sampleOf({}).join({ logits }, 4)).toEqual({ logits })
  })

  it('gives the pictures that a sample is made of', async () => {
    expect(await sampleOf({}).pictures(drawn('count'), 24)).toEqual([
      { picture: drawImage('count', 1, 2, 24), number: 0 },
    ])
    const uniform = { frames: 3, sampling: 'uniform', rate: 1 } as const
    const numbers = testFrames(32, uniform, 0, 1)
    const pictures = drawClip('motion', 1, 2, numbers, 24)
    expect(await sampleOf({ frames: 3 }).pictures(drawn('motion'), 24)).toEqual(
      numbers.map((number, t) => ({ picture: pictures[t], number })),
    )
  })
})

describe('sampleReader', () => {
  it('reads an image as it is tested', async () => {
    const reader = sampleReader({}, transform)
    expect(await reader.read(drawn('count'))).toEqual(toInput(drawImage('count', 1, 2, 16), transform))
    reader.close()
  })

  it('reads one view of a video, or those asked for', async () => {
    const length = async (views?: readonly [number, number]) =>
      (await sampleReader({ frames: 2, views }, transform).read(drawn('motion'))).length
    expect([await length(), await length([1, 3])]).toEqual([3 * 2 * 256, 3 * 3 * 2 * 256])
  })
})
