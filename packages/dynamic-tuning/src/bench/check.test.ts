import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { checkExpected, compareRatios, type ExpectedRatio, hasRegression, ratiosOf } from './check.ts'
import { benchResult } from './result.ts'
import { type BenchPlace, benchPlaces, defaultBench } from './types.ts'

const ratio = (method: string, ratioToStatic: number, more: Partial<ExpectedRatio> = {}): ExpectedRatio => ({
  benchmark: 'inference',
  model: 'vit',
  method,
  batch: 8,
  ratioToStatic,
  flopsRatioToStatic: 1.4,
  ...more,
})
const step = { benchmark: 'training', flopsRatioToStatic: null } as const
const expected = { tolerance: 0.1, flopsTolerance: 0.01, ratios: [ratio('dyt', 1.5), ratio('lora', 2, step)] }
const verdicts = (...measured: ExpectedRatio[]) =>
  compareRatios(expected, measured).map(({ name, verdict }) => `${name}: ${verdict}`)

describe('compareRatios', () => {
  it('lets ratios drift within the tolerance', () => {
    const checked = compareRatios(expected, [ratio('dyt', 1.36), ratio('lora', 2.19, step)])
    expect(checked.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'ok'])
    expect(checked.map(({ worse }) => worse)).toEqual([1 - 1.36 / 1.5, 0, 2.19 / 2 - 1])
    expect(hasRegression(checked)).toBe(false)
  })

  it('allows exactly the tolerance, in the direction that is worse', () => {
    const one = { tolerance: 0.25, flopsTolerance: 0.5, ratios: [ratio('dyt', 4, { flopsRatioToStatic: 2 })] }
    const verdictOf = (time: number, flops: number) =>
      compareRatios(one, [ratio('dyt', time, { flopsRatioToStatic: flops })]).map(({ verdict }) => verdict)
    expect(verdictOf(3, 1)).toEqual(['ok', 'ok'])
    expect(verdictOf(5, 3)).toEqual(['ok', 'ok'])
    expect(verdictOf(2.99, 0.99)).toEqual(['regression', 'regression'])
    expect(verdictOf(5.01, 3.01)).toEqual(['better', 'regression'])
  })

  it('finds slower inference and longer steps', () => {
    expect(verdicts(ratio('dyt', 1.34), ratio('lora', 2.21, step))).toEqual([
      'inference vit dyt, batch 8: regression',
      'inference vit dyt, batch 8, FLOPs: ok',
      'training vit lora, batch 8: regression',
    ])
    expect(verdicts(ratio('dyt', 1.7), ratio('lora', 1.7, step))).toEqual([
      'inference vit dyt, batch 8: better',
      'inference vit dyt, batch 8, FLOPs: ok',
      'training vit lora, batch 8: better',
    ])
  })

  it('finds changed FLOPs, and cases that are gone; new ones are only told', () => {
    const changed = compareRatios(expected, [
      ratio('dyt', 1.5, { flopsRatioToStatic: 1.42 }),
      ratio('lora', 2, { ...step, batch: 4 }),
    ])
    expect(changed.map(({ verdict }) => verdict)).toEqual(['ok', 'regression', 'missing', 'new'])
    expect(hasRegression(changed)).toBe(true)
    expect(hasRegression(compareRatios(expected, [...expected.ratios, ratio('ssf', 1)]))).toBe(false)
  })
})

describe('FLOPs that one side lacks', () => {
  it('are not compared', () => {
    const none = { ...expected, ratios: [ratio('dyt', 1.5, { flopsRatioToStatic: null })] }
    expect(compareRatios(none, [ratio('dyt', 1.5)]).map(({ verdict }) => verdict)).toEqual(['ok'])
  })
})

describe('ratiosOf', () => {
  it('takes the ratios of every report, without those of the static model', () => {
    const [place] = benchPlaces({ ...defaultBench, model: 'vit' }) as [BenchPlace]
    const config = vitConfig('vit_tiny_patch16_224', 10)
    const timing = { medianMs: 20, p10Ms: 19, p90Ms: 21 }
    const measured = (method: string, ratioToStatic: number) =>
      benchResult(place, config, { method, activeRate: null, batch: 8, timing, ratioToStatic })
    const environment = { version: '1', node: 'v20', platform: 'linux-x64', cpu: 'Some CPU', cores: 2 }
    const reports = (['inference', 'training'] as const).map((benchmark, i) => ({
      ...{ benchmark, environment, gemm: [] },
      results: [measured('static', 1), measured('dyt', 2 + i)],
    }))
    expect(ratiosOf(reports)).toEqual([
      ratio('dyt', 2, { flopsRatioToStatic: null }),
      ratio('dyt', 3, { benchmark: 'training', flopsRatioToStatic: null }),
    ])
  })
})

describe('checkExpected', () => {
  it('takes what is written with --update and refuses what is damaged', () => {
    expect(checkExpected('expected.json', JSON.parse(JSON.stringify(expected)))).toEqual(expected)
    const damaged = { ...expected, ratios: [{ ...ratio('dyt', 1), batch: 0 }] }
    expect(() => checkExpected('expected.json', damaged)).toThrow(ConfigError)
    expect(() => checkExpected('expected.json', damaged)).toThrow(/batch/)
    expect(() => checkExpected('expected.json', { ...expected, ratios: [] })).toThrow(/ratios/)
    for (const name of ['tolerance', 'flopsTolerance'])
      for (const value of [0, 1])
        expect(() => checkExpected('expected.json', { ...expected, [name]: value })).toThrow(name)
  })
})
