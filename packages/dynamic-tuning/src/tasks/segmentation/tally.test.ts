import { describe, expect, it } from 'vitest'
import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import { resizePlanes } from '../../data/samples/window/planes.ts'
import type { Outputs } from '../../network/outputs.ts'
import { noise } from '../../nn/plain.test.support.ts'
import { PixelConfusion } from './confusion.ts'
import { classFigures, pixelFigures } from './figures.ts'
import { batchIou, SegmentationTally } from './tally.ts'

const X = ignoredLabel
const map = (width: number, ...labels: number[]): LabelMap => ({
  width,
  height: labels.length / width,
  data: Uint16Array.from(labels),
})

/** Logits that are largest at these classes, [rows, classes, height, width]. */
function outputsFor(classes: number, maps: readonly LabelMap[]): Outputs {
  const { width = 0, height = 0 } = maps[0] ?? {}
  const data = maps.flatMap(({ data }) =>
    Array.from({ length: classes }, (_, k) => Array.from(data, (label) => (label === k ? 2 : 0))).flat(),
  )
  const shape = [maps.length, classes, height, width]
  return { logits: { dtype: 'float32', shape, data: Float32Array.from(data) } }
}

describe('figures of segmentation', () => {
  it('divide areas that were summed over all pictures', () => {
    const confusion = new PixelConfusion(2)
    confusion.add([0, 0, 0, 1], map(4, 0, 0, 0, 0))
    const other = new PixelConfusion(2)
    other.add([1, 0], map(2, 1, 1))
    confusion.addAll(other)
    expect(confusion.rows()).toEqual([
      [3, 1],
      [1, 1],
    ])
    const areas = confusion.areas()
    expect(areas).toEqual([
      { intersection: 3, predicted: 4, labelled: 4 },
      { intersection: 1, predicted: 2, labelled: 2 },
    ])
    expect(areas.map(classFigures)).toEqual([
      { iou: 3 / 5, accuracy: 3 / 4 },
      { iou: 1 / 3, accuracy: 1 / 2 },
    ])
    expect(pixelFigures(areas)).toEqual({
      meanIou: (3 / 5 + 1 / 3) / 2,
      meanAccuracy: 5 / 8,
      pixelAccuracy: 4 / 6,
    })
  })

  it('leave out classes that do not occur, and count those that are only predicted', () => {
    const confusion = new PixelConfusion(4)
    confusion.add([0, 2, 1, 1, 3], map(5, 0, 0, 1, X, X))
    const areas = confusion.areas()
    expect(areas.map(classFigures)).toEqual([
      { iou: 1 / 2, accuracy: 1 / 2 },
      { iou: 1, accuracy: 1 },
      { iou: 0, accuracy: Number.NaN },
      { iou: Number.NaN, accuracy: Number.NaN },
    ])
    expect(pixelFigures(areas)).toEqual({ meanIou: 1.5 / 3, meanAccuracy: 1.5 / 2, pixelAccuracy: 2 / 3 })
    expect(JSON.parse(JSON.stringify(areas.map(classFigures)))[3]).toEqual({ iou: null, accuracy: null })
  })
})

describe('a tally of pixels', () => {
  it('counts pictures of each class and lists classes that never occur', () => {
    const tally = new SegmentationTally(['sky', 'road', 'moon'])
    const truths = [map(2, 0, 0, 1, X), map(2, 0, 0, 0, 0)]
    tally.add(outputsFor(3, [map(2, 0, 1, 1, 1), map(2, 0, 0, 0, 0)]), truths)
    const { measures, perClass, loss, confusion } = tally.result()
    expect(confusion).toEqual([
      [5, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ])
    expect(measures).toEqual({
      meanIou: (5 / 6 + 1 / 2) / 2,
      meanAccuracy: (5 / 6 + 1) / 2,
      pixelAccuracy: 6 / 7,
    })
    expect(perClass).toEqual([
      { class: 'sky', images: 2, measures: { iou: 5 / 6, accuracy: 5 / 6 } },
      { class: 'road', images: 1, measures: { iou: 1 / 2, accuracy: 1 } },
      { class: 'moon', images: 0, measures: { iou: Number.NaN, accuracy: Number.NaN } },
    ])
    // The ignored pixel adds nothing, but is one of the four.
    const [right, wrong] = [Math.log(Math.E ** 2 + 2) - 2, Math.log(Math.E ** 2 + 2)]
    expect(loss).toBeCloseTo(((2 * right + wrong) / 4 + right) / 2, 6)
  })

  it('judges pictures of different sizes in windows at their own size', () => {
    const logits = noise(3 * 2 * 4, 3)
    const outputs: Outputs = { logits: { dtype: 'float32', shape: [3, 2, 2, 2], data: logits } }
    const window = { width: 4, height: 4 }
    const windows = [
      { left: 0, top: 0 },
      { left: 2, top: 0 },
    ]
    const places = [
      {
        original: window,
        window,
        parts: [{ resized: window, mirrored: false, windows: windows.slice(0, 1) }],
      },
      {
        original: { width: 3, height: 2 },
        window,
        parts: [{ resized: { width: 6, height: 4 }, mirrored: false, windows }],
      },
    ]
    const whole = (row: number): Float32Array =>
      resizePlanes({ channels: 2, width: 2, height: 2, data: logits.subarray(row * 8, row * 8 + 8) }, window)
        .data
    const joined = Float32Array.from({ length: 2 * 4 * 6 }, (_, at) => {
      const [k, y, x] = [Math.floor(at / 24), Math.floor(at / 6) % 4, at % 6]
      const of = (row: number, column: number): number => whole(row)[k * 16 + y * 4 + column] ?? 0
      if (x < 2) return of(1, x)
      return x < 4 ? (of(1, x) + of(2, x - 2)) / 2 : of(2, x - 2)
    })
    const small = resizePlanes(
      { channels: 2, width: 6, height: 4, data: joined },
      { width: 3, height: 2 },
    ).data
    const best = (values: Float32Array, pixels: number): number[] =>
      Array.from({ length: pixels }, (_, at) => ((values[pixels + at] ?? 0) > (values[at] ?? 0) ? 1 : 0))
    const tally = new SegmentationTally(['a', 'b'])
    tally.add(outputs, [map(4, ...best(whole(0), 16)), map(3, ...best(small, 6))], places)
    expect(tally.result().measures.pixelAccuracy).toBe(1)
    expect(
      tally
        .result()
        .confusion.flat()
        .reduce((a, b) => a + b),
    ).toBe(22)
  })

  it('scores a batch at the places of the logits', () => {
    const truth = map(4, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, X, X, 0, 0, X, X)
    expect(batchIou(outputsFor(2, [map(2, 0, 1, 1, 1)]), [truth])).toEqual({ meanIou: (1 / 2 + 1 / 2) / 2 })
    expect(batchIou(outputsFor(2, [map(2, 0, 1, 1, 1)]), [map(2, X, X, X, X)])).toEqual({ meanIou: 0 })
  })
})
