import { type Precision, random } from '@dynamic-tuning/engine'
import { sampleOf } from '../data/samples/registry.ts'
import type { GemmProbe } from '../evaluation/gemm-probe.ts'
import type { Timing } from '../evaluation/timing.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { layoutOf } from '../models/samples/layout-of.ts'
import { sampleSize } from '../models/samples/sample-layout.ts'
import type { BenchPlace, BenchResult, GemmResult } from './types.ts'

/** Measurements of one case. */
export interface Measured extends Pick<BenchResult, 'method' | 'activeRate' | 'batch' | 'ratioToStatic'> {
  /** Default fp32. */
  readonly precision?: Precision
  readonly timing: Timing
  /** Multiply-accumulates computed per image, and the speed-up that FLOPs promise. */
  readonly cost?: { readonly macs: number; readonly promise: number }
  readonly gemm?: GemmResult | undefined
}

/** How many times as fast as the static model; 1 if that was not measured. */
export function speedUp({ medianMs }: Timing, base: Timing | undefined): number {
  return (base?.medianMs ?? medianMs) / medianMs
}

/** Duration in forward passes of the static model; 1 if that was not measured. */
export function passesLong({ medianMs }: Timing, base: Timing | undefined): number {
  return medianMs / (base?.medianMs ?? medianMs)
}

/** Speed of bare matrix products. */
export function gemmResult(
  { shape, flops }: Pick<GemmProbe, 'shape' | 'flops'>,
  { medianMs }: Timing,
  { place, config, batch }: { place: BenchPlace; config: ModelConfig; batch: number },
): GemmResult {
  const { device } = place
  const gflopsPerSecond = flops / (1e6 * medianMs)
  return { device, imageSize: config.imageSize, batch, shape, medianMs, gflopsPerSecond }
}

/** A line of the report. */
export function benchResult(place: BenchPlace, config: ModelConfig, measured: Measured): BenchResult {
  const { method, activeRate, batch, timing, ratioToStatic, cost, gemm, precision = 'fp32' } = measured
  const { model, device, threads } = place
  const speed = cost === undefined ? null : (2e-6 * cost.macs * batch) / timing.medianMs
  return {
    model,
    method,
    activeRate,
    batch,
    imageSize: config.imageSize,
    ...sampleOf(place).facts,
    device,
    precision,
    threads,
    ...timing,
    imagesPerSecond: (1000 * batch) / timing.medianMs,
    peakMemoryMB: null,
    ratioToStatic,
    flopsRatioToStatic: cost?.promise ?? null,
    promiseKept: cost === undefined ? null : ratioToStatic / cost.promise,
    gflopsPerSecond: speed,
    gemmShare: speed === null || gemm === undefined ? null : speed / gemm.gflopsPerSecond,
  }
}

/** Images [batch, 3, H, W], or clips, of standard normal noise. */
export function noiseImages(config: ModelConfig, batch: number, seed: number): Float32Array {
  const stream = random(seed, 'bench')
  return Float32Array.from({ length: batch * sampleSize(layoutOf(config)) }, stream.normal)
}
