import { describe, expect, it } from 'vitest'
import { taskNamed } from '../../tasks/registry.ts'
import { exampleRun } from '../compare/example.test.support.ts'
import { metricFor, otherMeasure, ranked } from '../sweep/rank-by.ts'
import { caseColumns, caseCsvColumns } from './case-columns.ts'
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
      accuracyDeviation: expect.closeTo(0.05 * Math.SQRT2, 14),
      accuracyInterval: [0.5, 0.6],
    })
    const [measure] = taskNamed().measures
    expect(scoreText(scoreOf(row, measure), measure)).toBe('55.0 % ± 7.1')
    expect(row.activeRate).toBeCloseTo(0.5, 14)
    expect(row.activeRatePerLayer.map((rate) => rate.toFixed(12))).toEqual([
      '0.600000000000',
      '0.400000000000',
    ])
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
