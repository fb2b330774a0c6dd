import { describe, expect, it } from 'vitest'
import { pattern } from '../../testing/pattern.ts'
import { normaliser } from '../../transforms/normalise.ts'
import { resizeBilinear } from '../../transforms/windows/bilinear.ts'
import { evaluationWindows, usualStride, writeWindows } from './evaluation-windows.ts'
import { rowsOf } from './place.ts'

const square = { width: 512, height: 512 }
const usual = {
  base: { long: 2048, short: 512 },
  windows: 'slide',
  scales: [1],
  flipTest: false,
  stride: undefined,
} as const
const lefts = ({ windows }: { windows: readonly { left: number }[] }) => windows.map(({ left }) => left)

describe('windows in evaluation', () => {
  it('cover a fitted picture at two thirds of their size', () => {
    expect([usualStride(512), usualStride(64), usualStride(1)]).toEqual([341, 42, 1])
    const place = evaluationWindows({ width: 2048, height: 1024 }, usual, square)
    expect(place).toMatchObject({ original: { width: 2048, height: 1024 }, window: square })
    expect(place.parts).toHaveLength(1)
    expect(place.parts[0]).toMatchObject({ resized: { width: 1024, height: 512 }, mirrored: false })
    expect(place.parts.map(lefts)).toEqual([[0, 341, 512]])
    const far = evaluationWindows({ width: 2048, height: 1024 }, { ...usual, stride: 512 }, square)
    expect(far.parts.map(lefts)).toEqual([[0, 512]])
  })

  it('come at every scale, and mirrored after each', () => {
    const settings = { ...usual, scales: [1, 0.5], flipTest: true }
    const { parts } = evaluationWindows({ width: 300, height: 300 }, settings, square)
    expect(parts.map(({ resized, mirrored }) => [resized.width, resized.height, mirrored])).toEqual([
      [512, 512, false],
      [512, 512, true],
      [256, 256, false],
      [256, 256, true],
    ])
    expect(parts.map(lefts)).toEqual([[0], [0], [0], [0]])
    const large = evaluationWindows({ width: 300, height: 300 }, { ...usual, scales: [1.5] }, square)
    expect(rowsOf(large)).toBe(4) // 768: windows at 0 and 256
  })

  it('are one of any shape if the picture is taken whole', () => {
    const place = evaluationWindows(
      { width: 900, height: 100 },
      { ...usual, windows: 'whole', flipTest: true },
      square,
    )
    const whole = { resized: square, windows: [{ left: 0, top: 0 }] }
    expect(place.parts).toEqual([
      { ...whole, mirrored: false },
      { ...whole, mirrored: true },
    ])
  })
})

describe('writeWindows', () => {
  const bytes = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } as const
  const window = { width: 6, height: 7 }

  it.each([1, 1.5])('writes the pixels at their places, zero beyond the picture, at scale %d', (scale) => {
    const settings = { ...usual, base: { long: 99, short: 9 }, scales: [scale], flipTest: true, stride: 5 }
    const place = evaluationWindows(pattern(), settings, window)
    const rows = rowsOf(place)
    const out = new Float32Array(rows * 126 + 3).fill(9)
    writeWindows(pattern(), place, normaliser({ ...window, ...bytes }), { out, offset: 2 })
    const resized = resizeBilinear(pattern(), place.parts[0]?.resized ?? window)
    let at = 2
    for (const { mirrored, windows } of place.parts)
      for (const { left, top } of windows)
        for (let c = 0; c < 3; c++)
          for (let y = top; y < top + 7; y++)
            for (let x = left; x < left + 6; x++) {
              const from = mirrored ? resized.width - 1 - x : x
              const inside = x < resized.width && y < resized.height
              const byte = inside ? resized.data[(y * resized.width + from) * 3 + c] : 0
              expect(Math.round(out[at++] ?? Number.NaN)).toBe(byte)
            }
    expect([at, out[0], out[at]]).toEqual([rows * 126 + 2, 9, 9])
  })

  it('leaves room beside a picture that is smaller than a window', () => {
    const settings = { ...usual, base: { long: 4, short: 4 } }
    const place = evaluationWindows({ width: 13, height: 9 }, settings, window)
    expect(place.parts[0]).toMatchObject({ resized: { width: 4, height: 3 }, windows: [{ left: 0, top: 0 }] })
    const out = new Float32Array(126).fill(9)
    writeWindows(pattern(), place, normaliser({ ...window, ...bytes }), { out, offset: 0 })
    const beyond = out.filter((_, i) => i % 6 >= 4 || Math.floor(i / 6) % 7 >= 3)
    expect(beyond).toEqual(new Float32Array(beyond.length))
  })
})
