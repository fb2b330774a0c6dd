import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CornerBox } from '../../../data/boxes/run-lengths.ts'
import { DataError } from '../../../errors.ts'
import { CocoTally, type DetectionImage } from './coco-tally.ts'
import { averagePrecision, cocoFigures } from './figures.ts'
import { boxOverlaps } from './overlaps.ts'

type Image = DetectionImage<CornerBox>

const truth = (shape: CornerBox, more: Partial<Image['truths'][number]> = {}) => ({
  ...{ label: 0, shape, area: shape[2] * shape[3], crowd: false },
  ...more,
})
const detection = (shape: CornerBox, score: number, label = 0) => ({ label, shape, score })

function figuresOf(images: readonly Image[], classes = 1): Record<string, number> {
  const tally = new CocoTally(classes, boxOverlaps)
  for (const image of images) tally.add(image)
  const { figures } = tally.result()
  return Object.fromEntries(cocoFigures.map((name, i) => [name, figures[i] ?? Number.NaN]))
}

/** Boxes far from each other, in whole pixels. */
const place = (i: number, side = 10): CornerBox => [200 * i, 0, side, side]

describe('COCO figures', () => {
  it('are 1 for detections that are the objects, and not said for sizes without objects', () => {
    const truths = [0, 1, 2].map((i) => truth(place(i)))
    const found = figuresOf([{ id: 1, truths, detections: truths.map(({ shape }) => detection(shape, 0.5)) }])
    expect(found).toMatchObject({ AP: 1, AP50: 1, AP75: 1, AP_small: 1, AR_100: 1, AR_small: 1 })
    expect(found.AR_1).toBeCloseTo(1 / 3, 12)
    for (const name of ['AP_medium', 'AP_large', 'AR_large']) expect(found[name]).toBeNaN()
  })

  it('take precision at each recall from the best one further on', () => {
    // Wrong, right, right, of three objects: precision 2/3 up to recall 2/3.
    const detections = [detection(place(9), 0.9), detection(place(0), 0.8), detection(place(1), 0.7)]
    const found = figuresOf([{ id: 1, truths: [0, 1, 2].map((i) => truth(place(i))), detections }])
    expect(found.AP50).toBeCloseTo(((2 / 3) * 67) / 101, 12)
    expect(found.AR_100).toBeCloseTo(2 / 3, 12)
  })

  it('count an object once, and count thresholds up to the overlap', () => {
    const [shape]: CornerBox[] = [[0, 0, 10, 10]]
    // 8 of 10 columns: an overlap of 0.8, right at 0.5, 0.55, ..., 0.8.
    const near = detection([0, 0, 8, 10], 0.9)
    const images = (detections: Image['detections']): Image[] => [
      { id: 1, truths: [truth(shape as CornerBox)], detections },
    ]
    expect(figuresOf(images([near])).AP).toBeCloseTo(0.7, 12)
    expect(figuresOf(images([near, { ...near, score: 0.95 }])).AP).toBeCloseTo(0.7, 12)
    // A second detection that is more certain and wrong at 0.85 and above halves nothing below it.
    const exact = detection(shape as CornerBox, 0.8)
    expect(figuresOf(images([near, exact])).AP).toBeCloseTo(0.7 + 0.3 / 2, 12)
  })

  it('leave crowds out, and what lies in them', () => {
    const crowd = truth([0, 0, 100, 100], { crowd: true })
    const single = truth(place(2))
    const inCrowd = [0, 1, 2].map((i) => detection([10 * i, 0, 10, 10], 0.9))
    const images = [{ id: 1, truths: [crowd, single], detections: [...inCrowd, detection(place(2), 0.1)] }]
    expect(figuresOf(images).AP).toBeCloseTo(1, 12)
    const [image] = images.map(({ truths, ...rest }) => ({
      ...rest,
      truths: truths.map((each) => ({ ...each, crowd: false })),
    }))
    expect(figuresOf([image as Image]).AP).toBeLessThan(0.2)
  })

  it('tell sizes by the area that is given, both ends included', () => {
    const shape: CornerBox = [0, 0, 40, 40]
    const [image] = [1024, 1025].map((area) => ({
      ...{ id: 1, truths: [truth(shape, { area })], detections: [detection(shape, 0.5)] },
    }))
    expect(figuresOf([image as Image])).toMatchObject({
      AP_small: expect.closeTo(1, 12),
      AP_medium: expect.closeTo(1, 12),
    })
    const larger = { ...(image as Image), truths: [truth(shape, { area: 1025 })] }
    expect(figuresOf([larger]).AP_small).toBeNaN()
  })

  it('rank equal scores by the number of the image, whatever the order in which they come', () => {
    const images: Image[] = [7, 3, 5].map((id) => ({
      id,
      truths: [truth(place(0))],
      detections: [detection(place(id === 7 ? 3 : 0), 0.5)],
    }))
    const found = figuresOf(images)
    expect(figuresOf([...images].reverse())).toEqual(found)
    expect(found.AP50).toBeCloseTo(67 / 101, 12)
  })

  it('keep the most certain 100 of a class in an image', () => {
    const many = Array.from({ length: 100 }, (_, i) => detection(place(i + 1), 0.5 + i / 1000))
    const images = (score: number): Image[] => [
      { id: 1, truths: [truth(place(0))], detections: [...many, detection(place(0), score)] },
    ]
    expect(figuresOf(images(0.1)).AR_100).toBe(0)
    expect(figuresOf(images(0.9)).AR_100).toBe(1)
  })

  it('average over the classes that have objects', () => {
    const images: Image[] = [
      {
        id: 1,
        truths: [truth(place(0)), truth(place(1), { label: 2 })],
        detections: [detection(place(0), 0.5), detection(place(5), 0.5, 1)],
      },
    ]
    expect(figuresOf(images, 4).AP).toBeCloseTo(0.5, 12)
    const tally = new CocoTally(4, boxOverlaps)
    for (const image of images) tally.add(image)
    expect(tally.result().classes.map(([all]) => averagePrecision(all))).toEqual([
      expect.closeTo(1, 12),
      Number.NaN,
      0,
      Number.NaN,
    ])
  })

  it('do not fall when a wrong detection is left out', () => {
    const scores = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1, noNaN: true })),
    )
    fc.assert(
      fc.property(scores, fc.nat(20), (guesses, left) => {
        const detections = guesses.map(([i, score]) => detection(place(i), score))
        const truths = [0, 1, 2].map((i) => truth(place(i)))
        const fewer = detections.filter(
          ({ shape }, i) => i !== left || truths.some((t) => t.shape[0] === shape[0]),
        )
        const [all, some] = [detections, fewer].map((each) =>
          figuresOf([{ id: 1, truths, detections: each }]),
        )
        expect(some?.AP).toBeGreaterThanOrEqual(all?.AP ?? 0)
      }),
      { seed: 3 },
    )
  })

  it.each([
    [
      'a class that is not there',
      { truths: [truth(place(0), { label: 1 })], detections: [] },
      /class 1, of 1/,
    ],
    ['a score that is no number', { truths: [], detections: [detection(place(0), Number.NaN)] }, /score NaN/],
  ])('refuse %s', (_what, image, message) => {
    const add = () => figuresOf([{ id: 4, ...image }])
    expect(add).toThrow(DataError)
    expect(add).toThrow(message)
  })
})
