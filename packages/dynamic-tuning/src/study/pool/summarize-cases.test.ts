import { describe, expect, it } from 'vitest'
import { valueInterval } from '../../evaluation/measure.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { exampleRun } from '../compare/example.test.support.ts'
import { metricFor, otherMeasure, ranked } from '../sweep/rank-by.ts'
import { caseColumns, caseCsvColumns, spreadText } from './case-columns.ts'
import { scoreOf, scoreText } from './score.ts'
import { caseTask, studyMeasure, studyTask } from './study-measure.ts'
import { summarizeCase } from './summarize-cases.ts'

describe('summarizeCase', () => {
  it('takes means over seeds, and the largest peak of memory', () => {
    const runs = [
      exampleRun({ accuracy: 0.5, activeRate: 0.4, activeRatePerLayer: [0.5, 0.3], flops: 100, seconds: 10 }),
      exampleRun({
        accuracy: 0.6,
        activeRate: 0.6,
        activeRatePerLayer: [0.7, 0.5],
        flops: 140,
        seconds: 20,
        peakMemoryMB: 450,
      }),
    ]
    const row = summarizeCase({ name: 'x', method: 'dyt', settings: { rate: 0.5 } }, runs)
    expect(row).toMatchObject({ case: 'x', method: 'dyt', settings: { rate: 0.5 }, seeds: 2, runs })
    expect(row).toMatchObject({ flops: 120, seconds: 15, peakMemoryMB: 450, loss: 1.5 })
    expect(row).toMatchObject({
      accuracy: expect.closeTo(0.55, 14),
      accuracyDeviation: null,
      accuracyInterval: null,
    })
    const [measure] = taskNamed().measures
    expect(scoreText(scoreOf(row, measure), measure)).toBe('55.0 %')
    expect(row.activeRate).toBeCloseTo(0.5, 14)
    expect(row.activeRatePerLayer.map((rate) => rate.toFixed(12))).toEqual([
      '0.600000000000',
      '0.400000000000',
    ])
  })
})

describe('the interval of a case', () => {
  const caseOf = (...values: number[]) =>
    summarizeCase(
      { name: 'x', method: 'dyt', settings: {} },
      values.map((accuracy) => exampleRun({ accuracy, images: 20 })),
    )
  const [measure, perClass] = taskNamed().measures

  it('of one seed is that of its test set, of two none, of three that of their mean', () => {
    const [one, two, three] = [caseOf(0.75), caseOf(0.7, 0.8), caseOf(0.7, 0.75, 0.95)].map((row) =>
      scoreOf(row, measure),
    )
    expect(one?.interval?.map((end) => end.toFixed(4))).toEqual(['0.5313', '0.8881'])
    expect([one?.deviation, two?.deviation, two?.interval]).toEqual([null, null, null])
    expect(three?.deviation).toBeCloseTo(Math.sqrt(0.035 / 2), 12)
    // 0.8 - 4.302653 x 0.1323 / sqrt(3), and above 1 it is cut.
    expect(three?.interval).toEqual([expect.closeTo(0.4714, 4), 1])
    expect(scoreText(three as never, measure)).toBe('80.0 % ± 13.2')
  })

  it('is told only by measures that know how', () => {
    expect(valueInterval(measure, 0.75, 20)?.[0]).toBeCloseTo(0.5313, 4)
    expect(valueInterval(measure, 0.75, 0)).toBeNull()
    expect(perClass && valueInterval(perClass, 0.75, 20)).toBeNull()
    for (const each of taskNamed('multilabel').measures) expect(valueInterval(each, 0.5, 100)).toBeNull()
  })

  it('is explained for what there is', () => {
    expect(spreadText(measure, [3])).toBe(
      ", of seed 3; the 95 % interval is Wilson's, for a share of so many images",
    )
    expect(spreadText({}, [3])).toBe(', of seed 3')
    expect(spreadText(measure, [0, 1])).toMatch(/seeds 0, 1, from which no spread can be told/)
    expect(spreadText(measure, [0, 1, 2])).toMatch(/seeds 0, 1, 2 with the standard deviation .* Student's t/)
  })
})

describe('a dataset on which papers report the mean per class', () => {
  const metric = 'meanPerClassAccuracy'
  const runs = [
    exampleRun({ metric, accuracy: 0.9, meanPerClassAccuracy: 0.5 }),
    exampleRun({ metric, accuracy: 0.8, meanPerClassAccuracy: 0.6 }),
  ]
  const row = (name: string, run: ReturnType<typeof exampleRun>) =>
    summarizeCase({ name, method: 'dyt', settings: {} }, [run])
  const rows = [row('a', runs[0] as never), row('b', runs[1] as never)]

  it('is summarized, shown, written and ordered by that figure', () => {
    const measure = studyMeasure(rows)
    expect(measure.name).toBe(metric)
    expect(rows.map((each) => scoreOf(each, measure).mean)).toEqual([0.5, 0.6])
    expect(rows.map(caseColumns(rows).score.cell)).toEqual(['50.0 %', '60.0 %'])
    expect(caseColumns(rows).score.name).toBe('mean per class')
    expect(caseCsvColumns(rows).map(({ name }) => name)).toContain('meanPerClassAccuracyDeviation')
    expect(metricFor(caseTask(rows))).toBe(metric)
    const order = (by: string) => ranked(rows, by).map((each) => each.case)
    expect([order(metric), order('accuracy')]).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ])
    expect(otherMeasure(rows, 'accuracy')?.name).toBe('accuracy')
  })

  it('compared with other datasets, is judged by the primary measure of the task', () => {
    expect(studyMeasure([...rows, row('c', exampleRun())]).name).toBe('accuracy')
  })
})

describe('studyTask', () => {
  it('is the one of all runs; results of former versions name none', () => {
    expect(studyTask([])).toBe(taskNamed())
    expect(studyTask([{}, { task: 'classification' }])).toBe(taskNamed('classification'))
    expect(() => studyTask([{}, { task: 'telepathy' }])).toThrow(/unknown task telepathy/)
  })
})
