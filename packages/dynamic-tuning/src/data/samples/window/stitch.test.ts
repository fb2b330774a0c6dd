import { describe, expect, it } from 'vitest'
import { plainResize } from '../../../models/heads/segmentation/plain-upernet.test.support.ts'
import { farthest, noise } from '../../../nn/plain.test.support.ts'
import { windowCorners, windowStarts } from './corners.ts'
import { largestChannels, resizePlanes } from './planes.ts'
import { stitchPart } from './stitch.ts'

describe('window corners', () => {
  it('cover an axis in steps of the stride, the last one moved back', () => {
    expect(windowStarts(84, 64, 42)).toEqual([0, 20])
    expect(windowStarts(2048, 512, 341)).toEqual([0, 341, 682, 1023, 1364, 1536])
    expect(windowStarts(512, 512, 341)).toEqual([0])
    expect(windowStarts(300, 512, 341)).toEqual([0])
    expect(windowStarts(513, 512, 341)).toEqual([0, 1])
    const corners = windowCorners({ width: 5, height: 4 }, { width: 3, height: 3 }, { width: 2, height: 2 })
    expect(corners).toEqual([
      { left: 0, top: 0 },
      { left: 2, top: 0 },
      { left: 0, top: 1 },
      { left: 2, top: 1 },
    ])
  })
})

describe('planes', () => {
  it('are resized as plain loops do', () => {
    const data = noise(2 * 3 * 4, 1)
    const map = [0, 1].map((c) =>
      [0, 1, 2].map((y) => [...data.subarray((c * 3 + y) * 4, (c * 3 + y + 1) * 4)]),
    )
    for (const [height, width] of [
      [7, 9],
      [2, 3],
      [1, 1],
      [3, 4],
    ] as const) {
      const got = resizePlanes({ channels: 2, width: 4, height: 3, data }, { width, height })
      expect([got.channels, got.width, got.height]).toEqual([2, width, height])
      expect(farthest(got.data, plainResize(map, height, width).flat(2))).toBeLessThan(1e-6)
    }
  })

  it('give the first of the largest channels', () => {
    const data = Float32Array.of(1, 5, 2, 1, 5, 3, 0, 6, 3)
    expect([...largestChannels({ channels: 3, width: 3, height: 1, data })]).toEqual([0, 2, 1])
  })
})

describe('stitching windows', () => {
  it('averages logits where windows overlap, and leaves out what lies beyond the picture', () => {
    const logits = { shape: [3, 1, 2, 2], data: Float32Array.of(9, 9, 9, 9, 1, 2, 3, 4, 10, 20, 30, 40) }
    const windows = [
      { left: 0, top: 0 },
      { left: 1, top: 0 },
    ]
    const part = { resized: { width: 3, height: 2 }, mirrored: false, windows }
    const whole = stitchPart(logits, 1, part, { width: 2, height: 2 })
    expect([...whole.data]).toEqual([1, 6, 20, 3, 17, 40])
    const small = { resized: { width: 1, height: 2 }, mirrored: false, windows: windows.slice(0, 1) }
    expect([...stitchPart(logits, 1, small, { width: 2, height: 2 }).data]).toEqual([1, 3])
  })

  it('gives one map back from windows that were cut from it', () => {
    const [width, height] = [7, 5]
    const picture = noise(2 * width * height, 3)
    const window = { width: 4, height: 3 }
    const windows = windowCorners({ width, height }, window, { width: 2, height: 2 })
    const data = windows.flatMap(({ left, top }) =>
      [0, 1].flatMap((c) =>
        [0, 1, 2].flatMap((y) => [
          ...picture.subarray(
            (c * height + top + y) * width + left,
            (c * height + top + y) * width + left + 4,
          ),
        ]),
      ),
    )
    const logits = { shape: [windows.length, 2, 3, 4], data: Float32Array.from(data) }
    const part = { resized: { width, height }, mirrored: false, windows }
    expect(farthest(stitchPart(logits, 0, part, window).data, picture)).toBeLessThan(1e-6)
  })
})
