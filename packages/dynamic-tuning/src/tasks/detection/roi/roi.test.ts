import { compile, gradients, input, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { boxHeadWeights, encodeBoxes } from '../../../models/heads/detection/box-codec.ts'
import { levelsOf, pyramidLevels } from '../../../models/heads/detection/region-levels.ts'
import { cocoResult, placeBox } from '../result-file.ts'
import { detectionsOf } from './detect.ts'
import { boxLosses, maskLoss } from './loss.ts'
import { maskOfPasted, pasteMask } from './paste-mask.ts'
import { maskTarget, matchRegions, regionTargets } from './targets.ts'

const boxes = (...sides: number[]): Float64Array => Float64Array.from(sides)
const square = (side: number): number[] => [10, 10, 10 + side, 10 + side]

describe('levels', () => {
  it('double in size from one to the next, and end at the finest and the coarsest', () => {
    const sides = [1, 111, 112, 223, 224, 447, 448, 5000]
    expect([...levelsOf(boxes(...sides.flatMap(square)), pyramidLevels)]).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })
})

describe('regions', () => {
  it('have the class of the object that they overlap by half or more', () => {
    const objects = { boxes: boxes(...square(10), 40, 40, 60, 60), classes: [2, 0] }
    const candidates = boxes(...[10, 10, 20, 15], ...[10, 10, 20, 14.9], ...[40, 40, 60, 61], ...square(10))
    const { classes, truths } = matchRegions(candidates, objects, 3)
    expect([...classes]).toEqual([2, 3, 0, 2])
    expect([...truths]).toEqual([0, -1, 1, 0])
    const none = matchRegions(candidates, { boxes: boxes(), classes: [] }, 3)
    expect([...none.classes]).toEqual([3, 3, 3, 3])
  })

  it('have the part of an object that is in their box, scaled', () => {
    const polygon = [10, 10, 20, 10, 20, 30, 10, 30]
    expect([...maskTarget([polygon], boxes(10, 10, 30, 30), 4)].join('')).toBe('1100'.repeat(4))
    expect([...maskTarget([polygon], boxes(15, 0, 25, 20), 4)].join('')).toBe(
      '0000'.repeat(2) + '1100'.repeat(2),
    )
    expect([...maskTarget([], boxes(0, 0, 1, 1), 2)]).toEqual([0, 0, 0, 0])
  })
})

describe('losses of regions', () => {
  const float = (shape: number[], values: number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(values),
  })

  it('count classes of all regions, and boxes of foreground ones at their class', async () => {
    const [from, to] = [boxes(0, 0, 10, 10), boxes(1, 0, 11, 10)]
    const regions = [
      { box: from, label: 1, truth: to },
      { box: from, label: 2 },
    ]
    const targets = regionTargets(regions, 2)
    const scores = float([2, 3], [1, 2, 3, 0, -1, 1])
    const deltas = float([2, 8], [...[9, 9, 9, 9], ...[0.5, 1, 0, 0], ...new Array<number>(8).fill(9)])
    const feeds = { scores, deltas, ...targets }
    const [s, d] = [input('scores', [2, 3]), input('deltas', [2, 8])]
    const losses = boxLosses(
      { scores: s, deltas: d },
      {
        regionClasses: input('regionClasses', [2, 3]),
        regionDeltas: input('regionDeltas', [2, 8]),
        regionForeground: input('regionForeground', [2, 8]),
      },
    )
    const [slope] = gradients(losses.loss_box_reg, [d])
    const program = await compile({ ...losses, slope: slope ?? d }, { threads: 1 })
    const found = await program.run(feeds)
    await program.release()
    const entropy = (logits: number[], label: number): number =>
      Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - (logits[label] ?? 0)
    expect(found.loss_cls?.data[0]).toBeCloseTo((entropy([1, 2, 3], 1) + entropy([0, -1, 1], 2)) / 2, 6)
    // Moved by a tenth of its width, times the weight 10.
    expect([...encodeBoxes(from, to, boxHeadWeights)]).toEqual([1, 0, 0, 0])
    expect(found.loss_box_reg?.data[0]).toBeCloseTo((0.5 + 1) / 2, 6)
    expect([...(found.slope?.data ?? [])]).toEqual([
      ...[0, 0, 0, 0],
      ...[-0.5, 0.5, 0, 0],
      ...new Array(8).fill(0),
    ])
  })

  it('of masks read the mask of their class', async () => {
    const logits = float([1, 2, 1, 2], [5, 5, 2, -1])
    const loss = maskLoss(
      input('logits', [1, 2, 1, 2]),
      input('classes', [1, 2]),
      input('targets', [1, 1, 2]),
    )
    const program = await compile({ loss }, { threads: 1 })
    const found = await program.run({
      logits,
      classes: float([1, 2], [0, 1]),
      targets: float([1, 1, 2], [1, 1]),
    })
    await program.release()
    expect(found.loss?.data[0]).toBeCloseTo((Math.log(1 + Math.exp(-2)) + Math.log(1 + Math.E)) / 2, 6)
  })
})

it('the loss of masks is 0 with a gradient of nothing where no region has an object', async () => {
  const logits = input('logits', ['F', 2, 3, 3])
  const loss = maskLoss(logits, input('classes', ['F', 2]), input('targets', ['F', 3, 3]))
  const [slope = loss] = gradients(loss, [logits])
  const program = await compile({ loss, slope }, { threads: 1 })
  const none = (...shape: number[]): TensorData => ({
    dtype: 'float32',
    shape: [0, ...shape],
    data: new Float32Array(),
  })
  const feeds = { logits: none(2, 3, 3), classes: none(2), targets: none(3, 3) }
  const found = await program.run(feeds)
  await program.release()
  expect(found.loss?.data[0]).toBe(0)
  expect(found.slope?.shape).toEqual([0, 2, 3, 3])
})

describe('detections', () => {
  const rule = { score: 0.05, overlap: 0.5, count: 10 }
  const still = new Float64Array(3 * 2 * 4)

  it('are suppressed class by class, the most likely first', () => {
    const proposals = boxes(...[0, 0, 10, 10], ...[0, 0, 10, 9], ...[20, 20, 30, 30])
    // Logits of two classes and the background.
    const scores = boxes(...[3, 0, 0], ...[2, 3, 0], ...[-9, -9, 0])
    const found = detectionsOf({ proposals, scores, deltas: still }, [40, 40], rule)
    const share = (own: number, ...others: number[]): number =>
      Math.exp(own) / [own, ...others].reduce((sum, x) => sum + Math.exp(x), 0)
    expect(found.map(({ label, proposal }) => [label, proposal])).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(found.map(({ score }) => score)).toEqual([
      expect.closeTo(share(3, 0, 0), 12),
      expect.closeTo(share(3, 2, 0), 12),
    ])
    const two = detectionsOf({ proposals, scores, deltas: still }, [8, 9], { ...rule, count: 1 })
    expect(two.map(({ box }) => [...box])).toEqual([[0, 0, 9, 8]])
    const nothing = { proposals: boxes(), scores: boxes(), deltas: boxes() }
    expect(detectionsOf(nothing, [40, 40], rule)).toEqual([])
  })

  it('are written in pixels of the picture, with their masks', () => {
    const box = placeBox(boxes(2, 1, 9, 3), [4, 8], [8, 8])
    expect([...box]).toEqual([2, 2, 8, 6])
    const pasted = pasteMask([1, 1, 0, 0], boxes(1, 0, 3, 4), [4, 4])
    expect([...maskOfPasted(pasted)].join('')).toBe('0110'.repeat(2) + '0000'.repeat(2))
    // Between the centres of two rows of the mask.
    expect(pasted[4 * 1 + 1]).toBeCloseTo(0.75, 6)
    expect(pasted[4 * 2 + 1]).toBeCloseTo(0.25, 6)
    const mask = maskOfPasted(pasted)
    const picture = { id: 7, height: 4, width: 4 }
    expect(cocoResult({ box: boxes(1, 0, 3, 4), label: 1, score: 0.5, mask }, picture, [3, 90])).toEqual({
      ...{ image_id: 7, category_id: 90, bbox: [1, 0, 2, 4], score: 0.5 },
      segmentation: { size: [4, 4], counts: '42204' },
    })
  })
})
