import { describe, expect, it } from 'vitest'
import { vitConfig } from '../models/vit/vit-names.ts'
import { benchColumns, benchGroups, benchMarkdown, benchTitle, gemmText } from './report.ts'
import { benchResult, gemmResult } from './result.ts'
import { type BenchPlace, type BenchReport, benchPlaces, defaultBench } from './types.ts'

const config = { ...vitConfig('vit_tiny_patch16_224', 10), imageSize: [32, 48] as const }
const [place] = benchPlaces({ ...defaultBench, model: 'vit' }) as [BenchPlace]
const timing = (medianMs: number) => ({ medianMs, p10Ms: medianMs - 2, p90Ms: medianMs + 200 })
const probe = { shape: [8, 2, 3] as const, flops: 6e9 }
const gemm = gemmResult(probe, timing(30), { place, config, batch: 4 })
const common = { batch: 4, gemm, activeRate: null }
const cost = { macs: 250e6, promise: 1 }
const report: BenchReport = {
  benchmark: 'inference',
  environment: { version: '1', node: 'v20', platform: 'linux-x64', cpu: 'Some CPU', cores: 2 },
  results: [
    benchResult(place, config, { ...common, method: 'static', timing: timing(30), ratioToStatic: 1, cost }),
    benchResult(place, config, {
      ...{ ...common, method: 'dyt', activeRate: 0.5, timing: timing(20), ratioToStatic: 1.5 },
      cost: { macs: 200e6, promise: 2 },
    }),
  ],
  gemm: [gemm],
}

describe('the report of a benchmark', () => {
  it('has the columns that say something, in their units', () => {
    const columns = benchColumns(report)
    expect(
      Object.fromEntries(columns.map(({ name, text }) => [name, text(report.results[1] as never)])),
    ).toEqual({
      ...{ case: 'dyt', active: '50.0 %', median: '20.0 ms', 'p10 to p90': '18.0 to 220' },
      ...{ 'images/s': '200.00', 'GFLOP/s': '80.0', 'of GEMM': '40 %' },
      ...{ 'times as fast': '1.500', 'by FLOPs': '2.000', kept: '0.750' },
    })
    const training = { ...report, benchmark: 'training' } as const
    expect(benchColumns(training).map(({ name }) => name)).toContain('forward passes')
  })

  it('groups what was measured in turn, beside matrix products alone', () => {
    const [group, ...none] = benchGroups(report)
    expect(none).toEqual([])
    expect(group).toMatchObject({ name: 'batch 4, 32 x 48 px, cpu', gemm, results: report.results })
    expect(group && gemmText(group)).toBe('matrix products alone, [8, 2] x [2, 3] and back: 200.0 GFLOP/s')
    expect(group && gemmText({ ...group, gemm: undefined })).toBe('')
    expect(benchTitle(report)).toBe('vit, inference: 2 threads; Some CPU, 2 cores, linux-x64, Node v20')
    expect(benchMarkdown(report)).toContain('| static |')
  })
})
