import { availableParallelism, cpus } from 'node:os'
import type { CompileOptions, Device, Precision } from '@dynamic-tuning/engine'
import type { VitConfig } from '../models/vit-config.ts'
import { libraryVersion } from './library-version.ts'

/** What is measured, and how. */
export interface BenchSettings {
  /** timm's name; weights are random. */
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
  /** Side of the images in pixels; the model's own by default. */
  readonly imageSize?: number
  /** Frames of a clip; images are classified where it is absent. */
  readonly frames?: number
  readonly threads: number
  readonly device: Device
  /** Of the methods; the static model is fp32. */
  readonly precision?: Precision
  readonly warmup: number
  readonly rounds: number
  readonly seed: number
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
  device: 'cpu',
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
}

/** What a benchmark prints. */
export interface BenchReport {
  readonly benchmark: 'inference' | 'training'
  readonly environment: BenchEnvironment
  readonly results: BenchResult[]
}

/** Machine and versions of a measurement. */
export interface BenchEnvironment {
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly cores: number
}

/** This machine. */
export function benchEnvironment(): BenchEnvironment {
  return {
    version: libraryVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  }
}

/** Which of the cases to run: one alone measures its memory. */
export interface BenchSelection {
  /** `static` or a method; all by default. */
  readonly only?: string | undefined
  readonly onProgress?: (text: string) => void
}

/** Sizes of the model that is measured. */
export function benchConfig(config: VitConfig, { imageSize, frames }: BenchSettings): VitConfig {
  return {
    ...config,
    ...(imageSize !== undefined && { imageSize: [imageSize, imageSize] }),
    ...(frames !== undefined && { frames }),
  }
}

/** What is said of a result where clips are classified. */
export function framesOf({ frames }: BenchSettings): Pick<BenchResult, 'frames'> {
  return frames === undefined ? {} : { frames }
}

/** How programs are compiled for a measurement. */
export function benchCompile({ device, threads }: BenchSettings): CompileOptions {
  return { device, threads }
}
