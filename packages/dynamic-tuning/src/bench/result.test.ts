import { describe, expect, it } from 'vitest'
import { vitConfig } from '../models/vit/vit-names.ts'
import { benchResult, gemmResult, noiseImages, passesLong, speedUp } from './result.ts'
import { type BenchPlace, benchPlaces, defaultBench } from './types.ts'

const config = { ...vitConfig('vit_tiny_patch16_224', 10), imageSize: [32, 48] as const }
const [place] = benchPlaces({ ...defaultBench, model: 'vit', threads: 3 }) as [BenchPlace]
const timing = (medianMs: number) => ({ medianMs, p10Ms: 0.9 * medianMs, p90Ms: 1.2 * medianMs })

describe('ratios to the static model', () => {
  it('are above 1 for a method that is faster, and for a step that lasts longer', () => {
    expect(speedUp(timing(20), timing(30))).toBe(1.5)
    expect(passesLong(timing(20), timing(5))).toBe(4)
    expect([speedUp(timing(20), undefined), passesLong(timing(20), undefined)]).toEqual([1, 1])
  })
})

describe('benchResult', () => {
  const measured = { method: 'dyt', activeRate: 0.5, batch: 4, timing: timing(20), ratioToStatic: 1.5 }
  const probe = { shape: [8, 2, 3] as const, flops: 6e9 }

  it('derives speeds and shares from the median', () => {
    const gemm = gemmResult(probe, timing(30), { place, config, batch: 4 })
    expect(gemm).toEqual({
      ...{ device: 'cpu', imageSize: [32, 48], batch: 4, shape: [8, 2, 3] },
      ...{ medianMs: 30, gflopsPerSecond: 200 },
    })
    const cost = { macs: 250e6, promise: 2 }
    expect(benchResult(place, config, { ...measured, cost, gemm, precision: 'int8' })).toEqual({
      ...{ model: 'vit', method: 'dyt', activeRate: 0.5, batch: 4, imageSize: [32, 48], device: 'cpu' },
      ...{ precision: 'int8', threads: 3, medianMs: 20, p10Ms: 18, p90Ms: 24, peakMemoryMB: null },
      // Four images in 20 ms; two operations for each of 4 x 250 M multiply-accumulates in 20 ms.
      ...{ imagesPerSecond: 200, gflopsPerSecond: 100, gemmShare: 0.5 },
      ...{ ratioToStatic: 1.5, flopsRatioToStatic: 2, promiseKept: 0.75 },
    })
  })

  it('knows no speed of steps, and no share without matrix products', () => {
    const none = { flopsRatioToStatic: null, promiseKept: null, gflopsPerSecond: null, gemmShare: null }
    expect(benchResult(place, config, measured)).toMatchObject({ ...none, precision: 'fp32' })
    const gemm = gemmResult(probe, timing(30), { place, config, batch: 4 })
    expect(benchResult(place, config, { ...measured, gemm }).gemmShare).toBeNull()
    const cost = { macs: 1, promise: 1 }
    expect(benchResult(place, config, { ...measured, cost }).gemmShare).toBeNull()
  })
})

describe('noiseImages', () => {
  it('is standard normal, and the same for the same seed', () => {
    const images = noiseImages(config, 2, 5)
    expect(images).toHaveLength(2 * 3 * 32 * 48)
    const mean = images.reduce((sum, value) => sum + value, 0) / images.length
    const square = images.reduce((sum, value) => sum + value ** 2, 0) / images.length
    expect(Math.abs(mean)).toBeLessThan(0.05)
    expect(Math.abs(square - 1)).toBeLessThan(0.05)
    expect(noiseImages(config, 2, 5)).toEqual(images)
    expect(noiseImages(config, 2, 6)).not.toEqual(images)
  })
})
