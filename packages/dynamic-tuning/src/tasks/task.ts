import type { Measure } from '../evaluation/measure.ts'

/** What a model is tuned for. */
export interface Task {
  /** Its name in settings and run folders. */
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  /** By what models are judged. The first is the primary one: tables, plots, calibration and sweeps use it. */
  readonly measures: readonly [Measure, ...Measure[]]
}
