import { compile, gradients, input, parameter, type Tensor } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ignoredLabel, type LabelMap } from '../../data/label-map.ts'
import { DataError } from '../../errors.ts'
import { type PlainMap, plainResize } from '../../models/heads/segmentation/plain-upernet.test.support.ts'
import { noise } from '../../nn/plain.test.support.ts'
import { labelTargets, segmentationLoss } from './loss.ts'

const [classes, width, height] = [3, 6, 5]
const mapOf = (...labels: number[]): LabelMap => ({
  width,
  height,
  data: Uint16Array.from({ length: width * height }, (_, i) => labels[i % labels.length] as number),
})
const maps = [mapOf(0, 2, ignoredLabel, 1, 1, 0, 2), mapOf(ignoredLabel, 2, 1, ignoredLabel)]

/** Logits of both images as maps, from values [B, K, h, w]. */
const plainMaps = (data: ArrayLike<number>, [h, w]: readonly [number, number]): PlainMap[] =>
  maps.map((_, b) =>
    Array.from({ length: classes }, (_, k) =>
      Array.from({ length: h }, (_, y) =>
        Array.from({ length: w }, (_, x) => data[((b * classes + k) * h + y) * w + x] as number),
      ),
    ),
  )

/** The loss in plain loops: summed over labelled pixels, divided by all. */
function plainLoss(data: ArrayLike<number>, size: readonly [number, number]): { ce: number; right: number } {
  let [sum, right] = [0, 0]
  for (const [b, map] of plainMaps(data, size).entries()) {
    const full = plainResize(map, height, width)
    for (const [pixel, label] of (maps[b] as LabelMap).data.entries()) {
      const scores = full.map((rows) => rows[Math.floor(pixel / width)]?.[pixel % width] as number)
      if (label === ignoredLabel) continue
      sum += Math.log(scores.reduce((all, score) => all + Math.exp(score), 0)) - (scores[label] as number)
      right += Number(scores.indexOf(Math.max(...scores)) === label)
    }
  }
  const pixels = maps.length * width * height
  return { ce: sum / pixels, right: right / pixels }
}

async function run(named: Record<string, Tensor>, feeds: Record<string, Float32Array>) {
  const program = await compile(named, { threads: 1 })
  const outputs = await program.run({ ...labelTargets(maps), ...feeds })
  await program.release()
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]))
}

const targets = segmentationLoss.inputs(classes, { shape: [3, height, width] })
const logits = noise(2 * classes * 3 * 2, 1).map((value) => 3 * value)
const auxiliary = noise(2 * classes * 2 * 4, 2).map((value) => 3 * value)
const feeds = { logits, auxiliary }

describe('the loss of segmentation', () => {
  it('is what plain loops give, with and without an auxiliary head', async () => {
    const main = { logits: input('logits', ['B', classes, 3, 2]) }
    const both = { ...main, auxiliary: input('auxiliary', ['B', classes, 2, 4]) }
    const terms = segmentationLoss.terms?.(both, targets) ?? {}
    const alone = segmentationLoss.of(main, targets)
    const got = await run({ ...terms, total: segmentationLoss.of(both, targets), alone }, feeds)
    const [first, second] = [plainLoss(logits, [3, 2]), plainLoss(auxiliary, [2, 4])]
    const wanted = {
      ce: first.ce,
      ceAuxiliary: 0.4 * second.ce,
      total: first.ce + 0.4 * second.ce,
      alone: first.ce,
      pixelsRight: first.right,
      pixelsRightAuxiliary: second.right,
    }
    expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort())
    for (const [name, value] of Object.entries(wanted)) expect(got[name]?.[0]).toBeCloseTo(value, 5)
    expect(Object.keys(segmentationLoss.terms?.(main, targets) ?? {})).toEqual(['ce', 'pixelsRight'])
  })

  it('has the slopes that differences give', async () => {
    const main = { logits: parameter('logits', [2, classes, 3, 2]) }
    const labels = input('labels', [2, height, width], 'int32')
    const [slope] = gradients(segmentationLoss.of(main, { labels }), [main.logits])
    const got = (await run({ slope: slope as Tensor }, { logits })).slope as Float32Array
    for (const [i, value] of got.entries()) {
      const moved = (by: number): number => {
        const data = Float64Array.from(logits)
        data[i] = (data[i] as number) + by
        return plainLoss(data, [3, 2]).ce
      }
      expect(value).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5)
    }
  })

  it('is 0 where all pixels are ignored', async () => {
    const blank = labelTargets([mapOf(ignoredLabel), mapOf(ignoredLabel)])
    const program = await compile({
      ce: segmentationLoss.of({ logits: input('logits', ['B', classes, 3, 2]) }, targets),
    })
    const { ce } = await program.run({ ...blank, logits })
    await program.release()
    expect(ce?.data[0]).toBeCloseTo(0, 12)
  })

  it('takes maps of one size', () => {
    const odd = { width: 2, height: 3, data: new Uint16Array(6) }
    expect(() => labelTargets([maps[0] as LabelMap, odd])).toThrow(DataError)
    expect(() => labelTargets([maps[0] as LabelMap, odd])).toThrow(/label maps of 2 x 3 and 6 x 5 pixels/)
    expect(labelTargets([]).labels?.shape).toEqual([0, 0, 0])
  })
})
