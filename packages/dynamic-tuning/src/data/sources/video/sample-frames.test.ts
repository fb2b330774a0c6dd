import { random } from '@dynamic-tuning/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FrameSampling, testFrames, trainingFrames } from './sample-frames.ts'

const dense: FrameSampling = { frames: 8, sampling: 'dense', rate: 16 }
const uniform: FrameSampling = { frames: 8, sampling: 'uniform', rate: 1 }

/** Frames that training clips have at each of their T places, over many draws. */
function drawnFrames(total: number, sampling: FrameSampling): number[][] {
  const seen = Array.from({ length: sampling.frames }, () => new Set<number>())
  for (let i = 0; i < 400; i++)
    trainingFrames(total, sampling, random(1, i)).forEach((frame, place) => {
      seen[place]?.add(frame)
    })
  return seen.map((frames) => [...frames].sort((a, b) => a - b))
}

/** All whole numbers from the first to the last of each pair. */
const ranges = (pairs: readonly (readonly [number, number])[]): number[][] =>
  pairs.map(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))

// What the functions of the official implementation (its Kinetics and Something-Something datasets) return.
describe('dense frames', () => {
  it('start at equally spaced places in testing, halves going to the even one', () => {
    expect(testFrames(300, dense, 2, 3)).toEqual([187, 203, 219, 235, 251, 267, 283, 299])
    expect(testFrames(300, dense, 1, 3)).toEqual([94, 110, 126, 142, 158, 174, 190, 206]) // from 93.5
    const starts = (total: number, views: number): (number | undefined)[] =>
      Array.from({ length: views }, (_, view) => testFrames(total, dense, view, views)[0])
    expect(starts(300, 3)).toEqual([0, 94, 187])
    expect(starts(298, 3)).toEqual([0, 92, 185]) // from 92.5
    expect(starts(302, 5)).toEqual([0, 47, 94, 142, 189])
    expect([starts(113, 1), starts(114, 1), starts(116, 1), starts(300, 1)]).toEqual([[0], [0], [1], [93]])
  })

  it('repeat a frame at the end of a short video: its last in testing, the last step in training', () => {
    for (const view of [0, 1, 2])
      expect(testFrames(40, dense, view, 3)).toEqual([0, 16, 32, 39, 39, 39, 39, 39])
    expect(trainingFrames(40, dense, random(0, 'any'))).toEqual([0, 16, 32, 32, 32, 32, 32, 32])
    expect(trainingFrames(33, dense, random(0, 'any'))).toEqual([0, 16, 32, 32, 32, 32, 32, 32])
    expect(trainingFrames(32, dense, random(0, 'any'))).toEqual([0, 16, 16, 16, 16, 16, 16, 16])
    expect(trainingFrames(113, dense, random(0, 'any'))).toEqual([0, 16, 32, 48, 64, 80, 96, 112])
    expect(testFrames(1, dense, 0, 1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(trainingFrames(1, dense, random(0, 'any'))).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('start at every place equally often in training', () => {
    const counts = new Array<number>(5).fill(0)
    for (let i = 0; i < 2000; i++) {
      const frames = trainingFrames(117, dense, random(3, i))
      const [start = -1] = frames
      expect(frames).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((step) => start + 16 * step))
      counts[start] = (counts[start] ?? Number.NaN) + 1
    }
    expect(counts.length).toBe(5)
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(80)
  })
})

describe('uniform frames', () => {
  it('are the middles of the parts in testing', () => {
    expect(testFrames(24, uniform, 0, 1)).toEqual([1, 4, 7, 10, 13, 15, 18, 21])
    expect(testFrames(80, uniform, 0, 1)).toEqual([5, 15, 25, 35, 44, 54, 64, 74])
    expect(testFrames(45, uniform, 0, 1)).toEqual([3, 8, 13, 19, 25, 30, 35, 41])
    expect(testFrames(300, uniform, 0, 1)).toEqual([18, 56, 93, 131, 168, 205, 243, 280])
  })

  it('repeat frames of a video that is shorter than the clip', () => {
    expect(testFrames(8, uniform, 0, 1)).toEqual([0, 1, 2, 3, 4, 4, 5, 6])
    expect(testFrames(5, uniform, 0, 1)).toEqual([0, 0, 1, 2, 2, 2, 3, 4])
    expect(testFrames(1, uniform, 0, 1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('are at places (v + 1/2) / V of the parts with V views', () => {
    // Parts of 80 frames: 0 to 10, ..., 30 to 40, 40 to 49, ..., 69 to 79.
    expect(testFrames(80, uniform, 0, 2)).toEqual([2, 12, 22, 32, 42, 51, 61, 71])
    expect(testFrames(80, uniform, 1, 2)).toEqual([7, 17, 27, 37, 46, 56, 66, 76])
  })

  it('are one of each part in training, every frame of a part in its turn, the shared ones in both', () => {
    expect(drawnFrames(24, uniform)).toEqual(
      ranges([
        ...([
          [0, 3],
          [3, 6],
          [6, 9],
          [9, 12],
        ] as const),
        ...([
          [12, 14],
          [14, 17],
          [17, 20],
          [20, 23],
        ] as const),
      ]),
    )
    expect(drawnFrames(5, uniform)).toEqual(
      ranges([
        ...([
          [0, 0],
          [0, 1],
          [1, 2],
          [2, 2],
        ] as const),
        ...([
          [2, 2],
          [2, 3],
          [3, 4],
          [4, 4],
        ] as const),
      ]),
    )
  })
})

describe('both', () => {
  it('give frames of the video in their order, the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.record({ frames: fc.integer({ min: 1, max: 20 }), rate: fc.integer({ min: 1, max: 20 }) }),
        fc.constantFrom('dense' as const, 'uniform' as const),
        fc.integer({ min: 1, max: 400 }),
        fc.nat(),
        (sizes, sampling, total, seed) => {
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
})
