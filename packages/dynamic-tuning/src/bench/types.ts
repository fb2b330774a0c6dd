import type { CompileOptions, Device, Precision } from '@dynamic-tuning/engine'
import { openBackboneConfig } from '../io/backbone.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { BenchEnvironment } from '../run/environment.ts'

/** What is measured, and how. */
export interface BenchSettings {
  /** timm's name, `builtin`, or a path that gives the sizes; weights are random. */
  readonly model: string
  /** Methods beside the static model, as `benchCase` reads them. */
  readonly methods: readonly string[]
  readonly batches: readonly number[]
  /** Share of patch tokens the random dispatchers let through. */
  readonly active: number
  /** Share of the static model's FLOPs; it decides `active` for methods with dispatch. */
  readonly budget?: number
  readonly bottleneck: number
  readonly classes: number
  /** Sides of the images in pixels; the model's own by default. */
  readonly imageSizes?: readonly number[]
  /** Frames per clip; absent for images. */
  readonly frames?: number
  readonly threads: number
  readonly devices: readonly Device[]
  /** Other runtimes to measure beside the methods, by their names in `baselines`. Inference only. */
  readonly baselines?: readonly string[]
  /** Precision of the methods; the static model is always fp32. */
  readonly precision?: Precision
  readonly warmup: number
  readonly rounds: number
  readonly seed: number
}

/** One device and image size of a run. */
export interface BenchPlace extends Omit<BenchSettings, 'devices' | 'imageSizes'> {
  readonly device: Device
  readonly imageSize: number | undefined
}

/** Every device with every image size. */
export function benchPlaces({ devices, imageSizes, ...settings }: BenchSettings): BenchPlace[] {
  const sizes = imageSizes ?? [undefined]
  return devices.flatMap((device) => sizes.map((imageSize) => ({ ...settings, device, imageSize })))
}

/** Settings of the figures in `docs/benchmarks.md`. */
export const defaultBench: BenchSettings = {
  model: 'vit_base_patch16_224',
  methods: ['dyt'],
  batches: [1, 8],
  active: 0.5,
  bottleneck: 64,
  classes: 100,
  threads: 2,
  devices: ['cpu'],
  warmup: 2,
  rounds: 7,
  seed: 0,
}

/** One model at one batch size. */
export interface BenchResult {
  readonly model: string
  readonly method: string
  /** Share of active patch tokens as measured; null without dispatch. */
  readonly activeRate: number | null
  readonly batch: number
  /** [height, width] in pixels. */
  readonly imageSize: readonly [number, number]
  /** Frames of each clip of the batch; absent for images. */
  readonly frames?: number
  readonly device: Device
  readonly precision: Precision
  readonly threads: number
  readonly medianMs: number
  readonly p10Ms: number
  readonly p90Ms: number
  /** Images per second, or clips per second if `frames` is given. */
  readonly imagesPerSecond: number
  /**
   * Largest resident memory, in MB of 2^20 bytes, of a process that runs only this case; null if
   * not measured.
   */
  readonly peakMemoryMB: number | null
  /**
   * Inference: speed-up over the static model. Training: duration of a step in forward passes of
   * the static model.
   */
  readonly ratioToStatic: number
  /** Speed-up that multiply-accumulates promise, static / this; null for training. */
  readonly flopsRatioToStatic: number | null
  /** Share of that speed-up which is reached: `ratioToStatic / flopsRatioToStatic`; null for training. */
  readonly promiseKept: number | null
  /**
   * Computed floating-point operations per second, in 10^9, two per multiply-accumulate; null for
   * training.
   */
  readonly gflopsPerSecond: number | null
  /** Share of the speed of bare matrix products (see `gemm`); null for training. */
  readonly gemmShare: number | null
}

/**
 * Speed of the matrix products of the model's MLP alone, measured in turn with the cases of one
 * device, image size and batch.
 */
export interface GemmResult {
  readonly device: Device
  readonly imageSize: readonly [number, number]
  readonly batch: number
  /** Rows, features and hidden features. */
  readonly shape: readonly [number, number, number]
  readonly medianMs: number
  readonly gflopsPerSecond: number
}

/** What a benchmark prints. */
export interface BenchReport {
  readonly benchmark: 'inference' | 'training'
  readonly environment: BenchEnvironment
  readonly results: BenchResult[]
  /** One per device, image size and batch; empty if only one case ran. */
  readonly gemm: GemmResult[]
}

/** Which cases to run; memory is measured with one alone. */
export interface BenchSelection {
  /** `static`, a method or a baseline; all by default. */
  readonly only?: string | undefined
  readonly onProgress?: (text: string) => void
  /** A clock in milliseconds. Default: the system's. */
  readonly now?: () => number
}

/**
 * Configuration of the model that is measured.
 * @throws ConfigError for unknown names and sizes that do not fit
 */
export function benchConfig({ model, classes, imageSize, frames }: BenchPlace): ModelConfig {
  const size = imageSize === undefined ? undefined : ([imageSize, imageSize] as const)
  return openBackboneConfig(model, { numClasses: classes, imageSize: size, frames })
}

/** How programs are compiled for a measurement. */
export function benchCompile({ device, threads }: BenchPlace): CompileOptions {
  return { device, threads }
}
