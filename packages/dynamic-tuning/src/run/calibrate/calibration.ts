import type { CompileOptions } from '@dynamic-tuning/engine'
import type { CurvePoint } from './point.ts'
import type { Target } from './targets.ts'

/** Targets and settings of a calibration. Without targets the curve is measured all the same. */
export interface CalibrationSettings {
  /** Share of the static ViT's FLOPs, above 0 and up to 1.2. */
  readonly flops?: number | undefined
  /** Milliseconds per batch of `batch` images, on this machine. */
  readonly latencyMs?: number | undefined
  /**
   * Allowed loss against the trained threshold, in points of the task's primary measure (for
   * a share: percent).
   */
  readonly drop?: number | undefined
  /** One threshold for all gates (default), or one for each. */
  readonly scope?: 'global' | 'per-layer' | undefined
  /** Number of validation images, drawn at random. Default: all. */
  readonly images?: number | undefined
  /** Number of points of the curve, at least 11. Default 13. */
  readonly points?: number | undefined
  /** Limit of evaluations in the search `per-layer`. Default 100. */
  readonly evaluations?: number | undefined
  /** Images per pass in latency measurements. Default 1. */
  readonly batch?: number | undefined
  readonly workers?: number | undefined
  readonly compile?: CompileOptions
  /** Called after each evaluation with the number of evaluations so far and its upper limit. */
  readonly onEvaluation?: (done: number, most: number) => void
}

/** Result of a calibration. */
export interface Calibration {
  readonly run: string
  readonly method: string
  readonly data: string
  /** Number of validation images used. */
  readonly images: number
  /** True if the data has no validation part, so that the same images also test the run. */
  readonly validationIsTest: boolean
  readonly scope: 'global' | 'per-layer'
  readonly staticFlops: number
  /** The point at the threshold 0.5 of training. */
  readonly trained: CurvePoint
  /** The curve as in `budgets.json`, in order of decreasing FLOPs. */
  readonly points: readonly CurvePoint[]
  /** With the scope `per-layer`: the curve with one threshold for all gates, for comparison. */
  readonly global?: readonly CurvePoint[]
  /** Thresholds omitted from the curve because they cost more than a lower one. */
  readonly leftOut: readonly number[]
  readonly targets: readonly (Target & { readonly point: CurvePoint })[]
  /** Images per batch in latency measurements. */
  readonly latencyBatch?: number
  /** Number of passes over the images. */
  readonly evaluations: number
  readonly files: { readonly budgets: string; readonly page: string }
  readonly seconds: number
}
