import { random } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../../errors.ts'
import { type FrameSampling, testFrames, trainingFrames } from './sample-frames.ts'

const dense: FrameSampling = { frames: 8, sampling: 'dense', rate: 16 }
const uniform: FrameSampling = { frames: 8, sampling: 'uniform', rate: 1 }

describe('dense frames', () => {
  it('have three views from the first place to the last', () => {
    // 300 frames, a clip spans 7 * 16 + 1 = 113: starts 0, 93.5 -> 94, 187
    expect([0, 1, 2].map((view) => testFrames(300, dense, view, 3)[0])).toEqual([0, 94, 187])
    expect(testFrames(300, dense, 2, 3)).toEqual([187, 203, 219, 235, 251, 267, 283, 299])
    expect(testFrames(300, dense, 0, 1)[0]).toBe(93)
  })

  it('repeat the last frame where the video is shorter than the span', () => {
    expect(testFrames(40, dense, 0, 1)).toEqual([0, 16, 32, 39, 39, 39, 39, 39])
    expect(trainingFrames(40, dense, random(0, 'any'))).toEqual([0, 16, 32, 39, 39, 39, 39, 39])
  })

  it('start at every place equally often in training', () => {
    const counts = new Array<number>(5).fill(0)
    for (let i = 0; i < 2000; i++) {
      const start = trainingFrames(117, dense, random(3, i))[0] as number
      counts[start] = (counts[start] as number) + 1
    }
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(80)
  })
})

describe('uniform frames', () => {
  it('are the middles of the parts in testing', () => {
    expect(testFrames(80, uniform, 0, 1)).toEqual([5, 15, 25, 35, 45, 55, 65, 75])
    expect(testFrames(8, uniform, 0, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(testFrames(80, uniform, 1, 2)).toEqual([7, 17, 27, 37, 47, 57, 67, 77])
  })

  it('are one of each part in training, every frame of a part in its turn', () => {
    const seen = new Set<number>()
    for (let i = 0; i < 300; i++) {
      const frames = trainingFrames(30, uniform, random(1, i))
      frames.forEach((frame, part) => {
        expect(frame).toBeGreaterThanOrEqual(Math.floor((part * 30) / 8))
        expect(frame).toBeLessThan(Math.floor(((part + 1) * 30) / 8))
        seen.add(frame)
      })
    }
    expect(seen.size).toBe(30)
  })
})

describe('both', () => {
  it('give frames of the video in their order, the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.record({ frames: fc.integer({ min: 1, max: 20 }), rate: fc.integer({ min: 1, max: 20 }) }),
        fc.constantFrom('dense' as const, 'uniform' as const),
        fc.nat(400),
        fc.nat(),
        (sizes, sampling, more, seed) => {
          const total = sizes.frames + more
          const settings = { ...sizes, sampling }
          const drawn = trainingFrames(total, settings, random(seed, 'x'))
          expect(trainingFrames(total, settings, random(seed, 'x'))).toEqual(drawn)
          for (const frames of [drawn, testFrames(total, settings, 1, 3)]) {
            expect(frames.length).toBe(sizes.frames)
            frames.forEach((frame, i) => {
              expect(frame).toBeGreaterThanOrEqual(frames[i - 1] ?? 0)
              expect(frame).toBeLessThan(total)
            })
          }
        },
      ),
    )
  })

  it('refuse a video that is shorter than the clip', () => {
    for (const settings of [dense, uniform]) {
      expect(() => testFrames(7, settings, 0, 1)).toThrow(DataError)
      expect(() => trainingFrames(7, settings, random(0))).toThrow(
        'it has 7 frames, fewer than the 8 of a clip',
      )
    }
  })
})
