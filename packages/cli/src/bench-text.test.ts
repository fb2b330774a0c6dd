import type { BenchReport } from 'dynamic-tuning/bench'
import { describe, expect, it } from 'vitest'
import { benchText } from './bench-text.ts'
import { plain } from './terminal/output.ts'

const result = (method: string, more: Partial<BenchReport['results'][number]> = {}) => ({
  model: 'vit_base_patch16_224',
  method,
  activeRate: null,
  batch: 8,
  imageSize: [224, 224] as const,
  device: 'cpu' as const,
  precision: 'fp32' as const,
  threads: 2,
  medianMs: 2317.4,
  p10Ms: 1996.2,
  p90Ms: 2570,
  imagesPerSecond: 3.45,
  peakMemoryMB: 890,
  ratioToStatic: 1,
  flopsRatioToStatic: 1,
  promiseKept: 1,
  gflopsPerSecond: 121.4,
  gemmShare: 0.8123,
  ...more,
})
const report: BenchReport = {
  benchmark: 'inference',
  environment: {
    version: '0',
    node: 'v20',
    platform: 'linux-x64',
    cpu: 'A CPU with quite a long name',
    cores: 2,
  },
  results: [
    result('static'),
    result('dyt:dispatch=attention-mlp:active=0.7:reduction=tome', { activeRate: 0.5 }),
  ],
  gemm: [
    {
      device: 'cpu',
      imageSize: [224, 224],
      batch: 8,
      shape: [1576, 768, 3072],
      medianMs: 99.5,
      gflopsPerSecond: 149.5,
    },
  ],
}

describe('benchText', () => {
  it.each([80, 120])('fits %d columns', (width) => {
    const text = benchText(report, plain, width)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
    for (const part of ['batch 8, 224 x 224 px, cpu', '149.5 GFLOP/s', '2317 ms', '1.000', '81 %'])
      expect(text).toContain(part)
  })

  it('says what it leaves out where there is little room', () => {
    expect(benchText(report, plain, 160)).not.toContain('Left out')
    expect(benchText(report, plain, 160)).toContain('1996 to 2570')
    expect(benchText(report, plain, 80)).toMatch(/Left out for want of\s+room: p10 to p90/)
  })
})
