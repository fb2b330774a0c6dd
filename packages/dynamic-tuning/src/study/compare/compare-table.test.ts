import { describe, expect, it } from 'vitest'
import { compareColumns, compareCsv, compareMarkdown, compareNotes } from './compare-table.ts'
import { exampleOutcome } from './example.test.support.ts'

const outcome = exampleOutcome()

describe('the table of a comparison', () => {
  it('gives people rounded figures with their spread', () => {
    expect(outcome.cases.map((row) => compareColumns(outcome.cases).map(({ cell }) => cell(row)))).toEqual([
      ['linear', '40.0 %', '37.9 to 42.2', '1', '2.57 k', '323.92 M', '100.0 %', '136', '26 s', '400 MB'],
      ['a "b", | c', '51.5 %', '–', '2', '202.64 k', '237.71 M', '50.0 %', '–', '1 min 13 s', '500 MB'],
    ])
  })

  it('is CSV with numbers in full and cells quoted where they need it', () => {
    expect(compareCsv(outcome.cases)).toBe(
      [
        'case,method,settings,seeds,accuracy,accuracyDeviation,accuracyLow,accuracyHigh,trainableParams,flops,staticFlops,activeRate,seconds,peakMemoryMB,imagesPerSecond',
        `linear,linear,{},1,0.4,,${Reflect.get(outcome.cases[0] ?? {}, 'accuracyInterval')},2570,323920000,323920000,1,26,400,136.4`,
        `"a ""b"", | c",dyt,"{""rate"":0.5,""distillation"":false}",2,0.515,,,,202640,237710000,323920000,0.5,73,500,`,
        '',
      ].join('\r\n'),
    )
  })

  it('is Markdown that says how it was made and what failed', () => {
    const lines = compareMarkdown(outcome).split('\n')
    expect(lines.slice(0, 6)).toEqual([
      '# Methods compared on cifar10-1k',
      '',
      '| case | accuracy | 95 % interval | seeds | trained parameters | FLOPs per image | active tokens | images/s | training time | peak memory |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| linear | 40.0 % | 37.9 to 42.2 | 1 | 2.57 k | 323.92 M | 100.0 % | 136 | 26 s | 400 MB |',
      '| a "b", \\| c | 51.5 % | – | 2 | 202.64 k | 237.71 M | 50.0 % | – | 1 min 13 s | 500 MB |',
    ])
    for (const note of compareNotes(outcome)) expect(lines).toContain(`- ${note}`)
    expect(lines.slice(-4)).toEqual([
      '## Failed',
      '',
      '- linear, seed 1: train: the loss is NaN. (cases/linear/seed1.log)',
      '',
    ])
  })

  it('speaks of clips where the models take clips', () => {
    const cases = outcome.cases.map((row) => ({
      ...row,
      runs: row.runs.map((run) => ({ ...run, frames: 4 })),
    }))
    const text = compareMarkdown({ ...outcome, cases })
    expect(text).toContain('| FLOPs per clip | active tokens | clips/s |')
    expect(text).toContain('share of 2000 test clips')
    expect(text).toContain('Clips per second:')
    expect(text).not.toMatch(/image/i)
  })

  it('tells the conditions of the measurement', () => {
    const text = compareNotes(outcome).join(' ')
    expect(text).toContain('all in one process and in turn, medians of 9 passes of 32 images')
    expect(text).toContain('as many threads as the runtime chose, Some CPU, 2 cores.')
    expect(text).toContain('2000 test images')
    expect(compareNotes({ ...outcome, cases: [] })).toEqual(['No run ended well.'])
    expect(compareMarkdown({ ...outcome, cases: [] })).not.toContain('|')
  })
})
