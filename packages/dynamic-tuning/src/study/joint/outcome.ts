import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'

/** Results of a case on a dataset. */
export interface JointCellRow extends Omit<CaseRow, 'case' | 'method' | 'settings'> {
  readonly dataset: string
  /** The paper's score, from 0 to 1; null if it has none of this model on this dataset. */
  readonly paper: number | null
}

/** Results of a case on all datasets. */
export interface JointRow {
  readonly case: string
  readonly method: string
  /** Settings in which it differs from other cases, without the method. */
  readonly settings: SomeSettings
  /** Datasets on which at least one run finished, in the requested order. */
  readonly cells: readonly JointCellRow[]
}

/** Result of a comparison on several datasets: `compare.json`. */
export interface JointOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly datasets: readonly string[]
  readonly seeds: readonly number[]
  /** Settings that all runs share. */
  readonly settings: SomeSettings
  /** Cases with at least one finished run, in the requested order. */
  readonly rows: readonly JointRow[]
  readonly failures: readonly RunFailure[]
  /** `compare.html` */
  readonly report: string
}
