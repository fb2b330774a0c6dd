import type { RunSummary } from 'dynamic-tuning'
import { describe, expect, it } from 'vitest'
import { summaryText } from './show-summary.ts'
import { plain } from './terminal/output.ts'

const measures = { accuracy: 0.9, meanPerClassAccuracy: 0.9 }
const summary: RunSummary & typeof measures = {
  run: 'runs/a',
  method: 'dyt',
  reduction: 'none',
  model: 'builtin',
  data: '/data',
  ...measures,
  metric: 'accuracy',
  loss: 0.3,
  images: 100,
  activeRate: 1,
  activeRatePerLayer: [1, 1],
  gates: [],
  trainableParams: 10,
  flops: 50,
  staticFlops: 100,
  seconds: 1,
  peakMemoryMB: 1,
  seed: 0,
}
const lines = (changes: Partial<typeof summary>): string[] =>
  summaryText({ ...summary, ...changes }, plain)
    .split('\n')
    .map((line) => line.replace(/ +/g, ' '))
    .filter((line) => line.startsWith('mean per class'))

describe('summaryText', () => {
  it('says how wide the interval of a small test set is', () => {
    expect(summaryText(summary, plain)).not.toContain('Only')
    expect(summaryText({ ...summary, images: 60 }, plain)).toContain(
      '\n\nOnly 60 test images: the 95 % interval of the accuracy is 15 points wide.',
    )
  })

  it('shows the mean per class where it differs, or is what the dataset is judged by', () => {
    expect(lines({})).toEqual([])
    expect(lines({ meanPerClassAccuracy: 0.75 })).toEqual(['mean per class 75.0 %'])
    expect(lines({ metric: 'meanPerClassAccuracy' })).toEqual(['mean per class 90.0 % over 100 test images'])
  })

  it('reads summaries of former versions', () => {
    const { meanPerClassAccuracy: _, metric: _metric, ...former } = summary
    expect(summaryText(former as object as RunSummary, plain)).toMatch('accuracy')
  })
})
