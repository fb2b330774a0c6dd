import type { CompileOptions, Device, Precision } from '@dynamic-tuning/engine'
import { openBackboneConfig } from '../io/backbone.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { BenchEnvironment } from '../run/environment.ts'

/** What is measured, and how. */
export interface BenchSettings {
  /** timm's name, `builtin`, or a path whose sizes are taken; weights are random. */
  readonly model: string
  /** Methods beside the static model, as `benchCase` reads them. */
  readonly methods: readonly string[]
  readonly batches: readonly number[]
  /** Share of patch tokens the random dispatchers let through. */
  readonly active: number
  /** Share of the static model's FLOPs that decides `active` for methods that dispatch. */
  readonly budget?: number
  readonly bottleneck: number
  readonly classes: number
  /** Sides of the images in pixels; the model's own by default. */
  readonly imageSizes?: readonly number[]
  /** Frames of a clip; images are classified where it is absent. */
  readonly frames?: number
  readonly threads: number
  readonly devices: readonly Device[]
  /** Other runtimes to measure beside the methods, by their names in `baselines`. Inference only. */
  readonly baselines?: readonly string[]
  /** Of the methods; the static model is fp32. */
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
  /** Clips where there are frames. */
  readonly imagesPerSecond: number
  /** Largest resident memory of a process that does only this; null where it was not measured. */
  readonly peakMemoryMB: number | null
  /** Inference: times as fast as the static model. Training: steps last this many static forward passes. */
  readonly ratioToStatic: number
  /** What multiply-accumulates promise for inference: static / this. Null for training. */
  readonly flopsRatioToStatic: number | null
  /** Share of that promise which time keeps: `ratioToStatic / flopsRatioToStatic`. Null for training. */
  readonly promiseKept: number | null
  /** Floating-point operations per second, in 10^9, two for each multiply-accumulate that is computed. Null for training. */
  readonly gflopsPerSecond: number | null
  /** Share of the speed of matrix products alone, measured in turn with it (see `gemm`). Null for training. */
  readonly gemmShare: number | null
}

/** Speed of the matrix products of the model's MLP alone, in turn with the cases of one device, image size and batch. */
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
  /** One for each device, image size and batch; empty where only one case ran. */
  readonly gemm: GemmResult[]
}

/** Which of the cases to run: one alone measures its memory. */
export interface BenchSelection {
  /** `static`, a method or a baseline; all by default. */
  readonly only?: string | undefined
  readonly onProgress?: (text: string) => void
}

/** Sizes of the model that is measured. @throws ConfigError for unknown names and sizes that do not fit */
export function benchConfig({ model, classes, imageSize, frames }: BenchPlace): ModelConfig {
  const size = imageSize === undefined ? undefined : ([imageSize, imageSize] as const)
  return openBackboneConfig(model, { numClasses: classes, imageSize: size, frames })
}

/** What is said of a result where clips are classified. */
export function framesOf({ frames }: BenchPlace): Pick<BenchResult, 'frames'> {
  return frames === undefined ? {} : { frames }
}

/** How programs are compiled for a measurement. */
export function benchCompile({ device, threads }: BenchPlace): CompileOptions {
  return { device, threads }
}
