import { describe, expect, it } from 'vitest'
import { taskNamed } from '../../tasks/registry.ts'
import { exampleRun } from '../compare/example.test.support.ts'
import { scoreOf, scoreText } from './score.ts'
import { studyTask } from './study-measure.ts'
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

describe('studyTask', () => {
  it('is the one of all runs; results of former versions name none', () => {
    expect(studyTask([])).toBe(taskNamed())
    expect(studyTask([{}, { task: 'classification' }])).toBe(taskNamed('classification'))
    expect(() => studyTask([{}, { task: 'telepathy' }])).toThrow(/unknown task telepathy/)
  })
})
