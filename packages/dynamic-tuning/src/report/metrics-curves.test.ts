import { describe, expect, it } from 'vitest'
import { taskNamed } from '../tasks/registry.ts'
import { curvesOfMetrics, lastActiveRates } from './metrics-curves.ts'

const task = taskNamed()

const step = (n: number, more: object = {}): object => ({
  kind: 'step',
  step: n,
  epoch: 0,
  lr: 0.1,
  loss: n,
  ...more,
})
const chart = (records: unknown[], title: string) =>
  curvesOfMetrics(records, task, 'test images').find((c) => c.title === title)

describe('curvesOfMetrics', () => {
  it('draws steps and epochs, accuracy and rate in percent', () => {
    const records = [
      step(1, { activeRate: 0.75, ceDynamic: 0.75 }),
      step(2, { activeRate: 0.5, ceDynamic: 0.5 }),
      {
        kind: 'epoch',
        epoch: 0,
        step: 2,
        trainLoss: 1.5,
        trainAccuracy: 0.25,
        validationAccuracy: 0.5,
        validationLoss: 3,
      },
    ]
    expect(chart(records, 'Loss')?.series).toEqual([
      {
        name: 'cross-entropy, training',
        points: [
          [1, 0.75],
          [2, 0.5],
        ],
      },
      { name: 'cross-entropy, test images', points: [[2, 3]] },
      {
        name: 'sum of all terms, training',
        points: [
          [1, 1],
          [2, 2],
        ],
      },
    ])
    expect(chart(records, 'Accuracy')?.series).toEqual([
      { name: 'training', points: [[1, 25]] },
      { name: 'test images', points: [[1, 50]] },
    ])
    expect(chart(records, 'Active tokens in training')?.series).toEqual([
      {
        name: 'active tokens',
        points: [
          [1, 75],
          [2, 50],
        ],
      },
    ])
    expect(curvesOfMetrics(records, task).map((c) => c.title)).toEqual([
      'Loss',
      'Accuracy',
      'Active tokens in training',
      'Loss terms',
      'Learning rate',
    ])
  })
  it('leaves out the sum where the loss of the task is the only term', () => {
    const records = [1, 2].map((n) => step(n, { ceDynamic: n * (1 - 5e-7) }))
    expect(chart(records, 'Loss')?.series.map(({ name }) => name)).toEqual(['cross-entropy, training'])
    const more = [step(1, { ceDynamic: 1 }), step(2, { ceDynamic: 1.999 })]
    expect(chart(more, 'Loss')?.series.map(({ name }) => name)).toEqual([
      ...['cross-entropy, training', 'sum of all terms, training'],
    ])
  })
  it('smooths many steps by a centred mean over faint raw values', () => {
    const records = Array.from({ length: 200 }, (_, i) =>
      step(i, { loss: 99, ceDynamic: i % 2 === 0 ? 10 : 20 }),
    )
    const [raw, line] = chart(records, 'Loss')?.series ?? []
    expect(raw).toMatchObject({ faint: true, name: 'cross-entropy, training, each step' })
    expect(raw?.points.slice(0, 2)).toEqual([
      [0, 10],
      [1, 20],
    ])
    // Steps 97 to 103: 20 10 20 10 20 10 20.
    expect(line?.points[100]).toEqual([100, 110 / 7])
    expect(line?.points[0]).toEqual([0, 10])
    // The last step: 196 to 199 only.
    expect(line?.points[199]).toEqual([199, 15])
    expect(line?.points).toHaveLength(200)
  })
  it('uses epoch means where steps are missing', () => {
    const records = [1, 2].map((epoch) => ({ kind: 'epoch', epoch, step: epoch * 10, trainLoss: 4 / epoch }))
    expect(chart(records, 'Loss')?.series).toEqual([
      {
        name: 'sum of all terms, training',
        points: [
          [10, 4],
          [20, 2],
        ],
      },
    ])
  })
  it('passes over foreign lines and values that are not numbers', () => {
    const odd = [
      null,
      3,
      'x',
      [],
      {},
      { kind: 'note', step: 1, loss: 1 },
      step(1, { loss: null }),
      step(2, { lr: '1' }),
    ]
    expect(curvesOfMetrics(odd, task).map((c) => [c.title, c.series[0]?.points])).toEqual([
      ['Loss', [[2, 2]]],
      ['Learning rate', [[1, 0.1]]],
    ])
    expect(curvesOfMetrics([], task)).toEqual([])
  })
})

describe('lastActiveRates', () => {
  it('takes the last epoch that reports rates', () => {
    const epochs = [[0.9, 0.8], [0.5, 0.25], undefined].map((activeRatePerLayer, epoch) => ({
      kind: 'epoch',
      epoch,
      activeRatePerLayer,
    }))
    expect(lastActiveRates(epochs)).toEqual([
      { layer: 0, rate: 0.5 },
      { layer: 1, rate: 0.25 },
    ])
    expect(lastActiveRates([step(1)])).toEqual([])
  })
})

describe('the charts of shares', () => {
  it('keep a least span, as does that of the loss', () => {
    const records = [
      step(1, { activeRate: 0.5, ceDynamic: 1 }),
      { kind: 'epoch', epoch: 0, step: 1, trainLoss: 1, validationAccuracy: 0.5 },
    ]
    expect(curvesOfMetrics(records, task).map(({ title, yLeast }) => [title, yLeast?.span])).toEqual([
      ...[
        ['Loss', 0.05],
        ['Accuracy', 5],
        ['Active tokens in training', 5],
      ],
      ...[
        ['Loss terms', undefined],
        ['Learning rate', undefined],
      ],
    ])
  })
})

describe('the chart of a measure', () => {
  it('is in its unit under its title', () => {
    const error = { name: 'depthError', title: 'depth error', unit: 'number', better: 'lower' } as const
    const records = [{ kind: 'epoch', epoch: 0, step: 4, validationDepthError: 0.25 }]
    const loss = { name: 'silog', title: 'scale-invariant loss' }
    expect(curvesOfMetrics(records, { measures: [error], loss })).toEqual([
      {
        title: 'Depth error',
        xLabel: 'epoch',
        yLabel: 'depth error',
        series: [{ name: 'held out', points: [[1, 0.25]] }],
      },
    ])
  })
})

describe('the chart of the loss terms', () => {
  it("has the terms of the task's loss under its title", () => {
    const loss = { name: 'silog', title: 'scale-invariant loss' }
    const records = [step(1, { silogDynamic: 3, silogComplete: 2, kl: 1, rateLoss: 0.5 })]
    const [terms] = curvesOfMetrics(records, { ...task, loss }).filter((c) => c.title === 'Loss terms')
    expect(terms?.series.map(({ name }) => name)).toEqual([
      'scale-invariant loss, skipping',
      'scale-invariant loss, all tokens',
      'activation rate',
    ])
  })
})
