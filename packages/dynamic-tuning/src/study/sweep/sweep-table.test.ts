import { describe, expect, it } from 'vitest'
import { taskNamed } from '../../tasks/registry.ts'
import { exampleRun } from '../compare/example.test.support.ts'
import { type CaseRow, summarizeCase } from '../pool/summarize-cases.ts'
import { axisPlots } from './axis-plots.ts'
import type { SweepOutcome } from './outcome.ts'
import { metricFor, ranked } from './rank-by.ts'
import { sweepColumns, sweepCsv, sweepMarkdown } from './sweep-table.ts'

function row(method: string, settings: object, accuracies: readonly number[], loss = 1): CaseRow {
  const runs = accuracies.map((accuracy, seed) => exampleRun({ accuracy, seed, loss, seconds: 26 }))
  return summarizeCase({ name: `${method} ${JSON.stringify(settings)}`, method, settings }, runs)
}

const rows = [
  row('dyt', { rate: 0.3, imageSize: [32, 64] }, [0.5, 0.6], 3),
  row('dyt', { rate: 0.5, imageSize: [32, 64] }, [0.7, 0.8], 1),
  row('linear', {}, [0.6], 2),
]
const outcome: SweepOutcome = {
  run: 'runs/sweep',
  finished: true,
  metric: 'accuracy',
  seeds: [0, 1],
  axes: ['method', 'rate', 'imageSize'],
  settings: {},
  cases: ranked(rows, 'accuracy'),
  failures: [{ case: 'x', seed: null, error: 'dataset: there is no y.', log: null }],
  report: 'runs/sweep/sweep.html',
}

describe('ranked', () => {
  it('puts the best first, whichever way better is', () => {
    const order = (metric: Parameters<typeof ranked>[1]) =>
      ranked(rows, metric).map((each) => rows.indexOf(each))
    expect(order('accuracy')).toEqual([1, 2, 0])
    expect(order('loss')).toEqual([1, 2, 0])
    expect(order('seconds')).toEqual([0, 1, 2])
  })
})

describe('the metric of a sweep', () => {
  it('is the first measure of the task, or one that the task has', () => {
    const several = taskNamed('multilabel')
    expect(metricFor(taskNamed())).toBe('accuracy')
    expect(metricFor(several)).toBe('meanAveragePrecision')
    expect(['microF1', 'loss'].map((name) => metricFor(several, name))).toEqual(['microF1', 'loss'])
    expect(() => metricFor(several, 'accuracy')).toThrow(
      /^sweep: metric is accuracy\. Choose one of meanAveragePrecision, macroF1, microF1, loss, /,
    )
  })
})

describe('the table of a sweep', () => {
  it('has a column for each setting that varies', () => {
    const columns = sweepColumns(outcome)
    expect(outcome.cases.map((each) => columns.slice(0, 6).map((column) => column.cell(each)))).toEqual([
      ['dyt', '0.5', '32x64', '75.0 %', '–', '2'],
      ['linear', '–', '–', '60.0 %', '57.8 to 62.1', '1'],
      ['dyt', '0.3', '32x64', '55.0 %', '–', '2'],
    ])
    expect(sweepColumns({ ...outcome, metric: 'loss' }).map(({ name }) => name)).toContain('cross-entropy')
  })

  it('names the loss of the task', () => {
    const runs = outcome.cases.map((each) => ({
      ...each,
      meanAveragePrecision: 0.5,
      runs: each.runs.map((run) => ({ ...run, task: 'multilabel', meanAveragePrecision: 0.5 })),
    }))
    const names = sweepColumns({ axes: [], cases: runs, metric: 'loss' }).map(({ name }) => name)
    expect(names).toContain('binary cross-entropy')
    expect(names).toContain('mAP')
  })

  it('is CSV in full and Markdown for people', () => {
    const lines = sweepCsv(outcome).split('\r\n')
    expect(lines[0]).toBe(
      'method,rate,imageSize,case,seeds,accuracy,accuracyDeviation,accuracyLow,accuracyHigh,trainableParams,flops,staticFlops,activeRate,seconds,peakMemoryMB,loss',
    )
    const ends = '0.5783576985854537,0.6212588919582955'
    expect(lines[2]).toBe(`linear,,,linear {},1,0.6,,${ends},2570,323920000,323920000,1,26,400,2`)
    const text = sweepMarkdown(outcome)
    expect(text).toMatch(/^# 3 cases of method, rate, imageSize\n/)
    expect(text).toContain('\n- Ordered by accuracy.')
    expect(text).toMatch(/\n## Failed\n\n- x: dataset: there is no y\.\n$/)
  })
})

describe('axisPlots', () => {
  it('draws a line for each value of the one other setting', () => {
    const cases = [1, 2, 3, 4].map((i) =>
      row('dyt', { rate: i % 2 === 0 ? 0.5 : 1, epochs: i < 3 ? 1 : 2 }, [i / 10]),
    )
    const [byRate] = axisPlots({ axes: ['method', 'rate', 'epochs'], cases })
    expect(byRate).toContain('>epochs 1</text>')
    expect(byRate).toContain('>epochs 2</text>')
  })

  it('draws means over cases: lines over numbers, bars for names', () => {
    const [byMethod, byRate, ...none] = axisPlots(outcome)
    expect(none).toHaveLength(1)
    // The mean of 55 and 75, and 60.
    expect(byMethod).toContain('<title>dyt: 65.0</title>')
    expect(byMethod).toContain('<title>linear: 60.0</title>')
    expect(byRate).toContain('Accuracy by rate')
    expect(byRate?.match(/class="line s0" d="M[^"]*L/g)).toHaveLength(1)
  })
})
