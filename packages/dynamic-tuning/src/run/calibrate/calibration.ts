import type { CompileOptions } from '@dynamic-tuning/engine'
import type { CurvePoint } from './point.ts'
import type { Target } from './targets.ts'

/** What a run is calibrated for, and how. Without any target it is measured all the same. */
export interface CalibrationSettings {
  /** Share of the static ViT's FLOPs, above 0 and up to 1.2. */
  readonly flops?: number | undefined
  /** Milliseconds of a batch of `batch` images, on this machine. */
  readonly latencyMs?: number | undefined
  /** Points of the task's primary measure (of a share: percent) that may be lost against the trained threshold. */
  readonly drop?: number | undefined
  /** One threshold for all gates (default), or one for each. */
  readonly scope?: 'global' | 'per-layer' | undefined
  /** Validation images to look at, drawn at random. Default: all. */
  readonly images?: number | undefined
  /** Points of the curve, at least 11. Default 13. */
  readonly points?: number | undefined
  /** The most evaluations of the search `per-layer`. Default 100. */
  readonly evaluations?: number | undefined
  /** Images per pass where latency is measured. Default 1. */
  readonly batch?: number | undefined
  readonly workers?: number | undefined
  readonly compile?: CompileOptions
  /** Called after each evaluation with their number so far, and how many there may be at most. */
  readonly onEvaluation?: (done: number, most: number) => void
}

/** What `calibrate` found out. */
export interface Calibration {
  readonly run: string
  readonly method: string
  readonly data: string
  /** Validation images that were looked at. */
  readonly images: number
  /** True if the data has no validation part of its own: then the same images test the run. */
  readonly validationIsTest: boolean
  readonly scope: 'global' | 'per-layer'
  readonly staticFlops: number
  /** At the threshold 0.5 of training. */
  readonly trained: CurvePoint
  /** The curve, by falling FLOPs: what `budgets.json` holds. */
  readonly points: readonly CurvePoint[]
  /** With the scope `per-layer`, for comparison: one threshold for all gates. */
  readonly global?: readonly CurvePoint[]
  /** Thresholds left out of the curve because they cost more than a lower one. */
  readonly leftOut: readonly number[]
  readonly targets: readonly (Target & { readonly point: CurvePoint })[]
  /** Images of a batch whose latency was measured. */
  readonly latencyBatch?: number
  /** Passes over the images. */
  readonly evaluations: number
  readonly files: { readonly budgets: string; readonly page: string }
  readonly seconds: number
}
