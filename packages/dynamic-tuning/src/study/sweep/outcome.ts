import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'

/** Result of a sweep: `sweep.json`. */
export interface SweepOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  /** The measure or cost that the cases are ordered by. */
  readonly metric: string
  readonly seeds: readonly number[]
  /** Settings in which cases differ. */
  readonly axes: readonly string[]
  /** Settings that all cases share. */
  readonly settings: SomeSettings
  /** Cases with at least one finished run, the best first. */
  readonly cases: readonly CaseRow[]
  readonly failures: readonly RunFailure[]
  /** `sweep.html` */
  readonly report: string
}

/** The value of a case's own setting; undefined if it has none. */
export function ownValue({ method, settings }: CaseRow, axis: string): unknown {
  return axis === 'method' ? method : Reflect.get(settings, axis)
}
