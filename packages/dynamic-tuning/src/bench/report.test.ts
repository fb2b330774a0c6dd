import { describe, expect, it } from 'vitest'
import { vitConfig } from '../models/vit/vit-names.ts'
import {
  type BenchGroup,
  benchColumns,
  benchGroups,
  benchLegend,
  benchMarkdown,
  benchPlot,
  benchTitle,
  gemmText,
} from './report.ts'
import { benchResult, gemmResult } from './result.ts'
import { type BenchPlace, type BenchReport, type BenchResult, benchPlaces, defaultBench } from './types.ts'

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
    const [still] = report.results as [BenchResult]
    const reduced: BenchResult[] = [
      { ...still, medianMs: 99.94, p10Ms: 99.96, p90Ms: 100, gflopsPerSecond: null, gemmShare: null },
      { ...still, precision: 'int8', peakMemoryMB: 512, gflopsPerSecond: null, gemmShare: null },
    ]
    const texts = benchColumns({ ...report, results: reduced }).map(({ name, text }) => [
      name,
      reduced.map(text),
    ])
    expect(Object.fromEntries(texts)).toEqual({
      ...{ case: ['static', 'static'], precision: ['fp32', 'int8'], median: ['99.9 ms', '30.0 ms'] },
      ...{ 'p10 to p90': ['100.0 to 100', '28.0 to 230'], memory: ['', '512 MB'] },
      ...{ 'images/s': ['133.33', '133.33'], 'times as fast': ['1.000', '1.000'] },
      ...{ 'by FLOPs': ['1.000', '1.000'], kept: ['1.000', '1.000'] },
    })
  })

  it('groups what was measured in turn, beside matrix products alone', () => {
    const [group, ...none] = benchGroups(report)
    expect(none).toEqual([])
    expect(group).toMatchObject({ name: 'batch 4, 32 x 48 px, cpu', gemm, results: report.results })
    expect(group && gemmText(group)).toBe('matrix products alone, [8, 2] x [2, 3] and back: 200.0 GFLOP/s')
    expect(group && gemmText({ ...group, gemm: undefined })).toBe('')
    expect(benchTitle(report)).toBe('vit, inference: 2 threads; Some CPU, 2 cores, linux-x64, Node v20')
    expect(benchTitle({ ...report, results: report.results.map((each) => ({ ...each, threads: 0 })) })).toBe(
      'vit, inference: all threads; Some CPU, 2 cores, linux-x64, Node v20',
    )
    expect(benchMarkdown(report)).toContain('| static |')
    expect(benchMarkdown(report)).toContain(`\n\n${gemmText(group as BenchGroup)}\n\n| case |`)
    expect(benchMarkdown({ ...report, gemm: [] })).toContain('## batch 4, 32 x 48 px, cpu\n\n| case |')
    expect(benchLegend(report)).toMatch(/^times as fast: /)
    expect(benchLegend({ ...report, benchmark: 'training' })).toMatch(/^forward passes: /)
  })

  it('draws the static model once, and names groups where there are several', () => {
    const others = report.results.map((each) => ({ ...each, batch: 8 }))
    const both = { ...report, results: [...report.results, ...others] }
    const names = (svg: string): string[] =>
      [...svg.matchAll(/>((?:static|dyt)\b[^<]*)</g)].map(([, name = '']) => name)
    expect(names(benchPlot(report))).toEqual(['static', 'dyt'])
    const at = 'px, cpu'
    expect(names(benchPlot(both))).toEqual([
      `static, batch 4, 32 x 48 ${at}`,
      `dyt, batch 4, 32 x 48 ${at}`,
      `dyt, batch 8, 32 x 48 ${at}`,
    ])
    const gemms = [{ ...gemm, batch: 8 }, gemm]
    expect(benchGroups({ ...both, gemm: gemms }).map((each) => each.gemm?.batch)).toEqual([4, 8])
    const steps = report.results.map((each) => ({ ...each, frames: 3, flopsRatioToStatic: null }))
    const columns = benchColumns({ ...report, results: steps }).map(({ name }) => name)
    expect(columns).toContain('clips/s')
    expect(columns).not.toContain('by FLOPs')
    const bars = benchPlot({ ...report, benchmark: 'training' })
    expect(bars).toContain('case, batch 4, 32 x 48 px, cpu')
    expect(bars).toContain('>1.5<')
    expect(benchPlot({ ...both, benchmark: 'training' })).toMatch(/>case</)
  })
})
