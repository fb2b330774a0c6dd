import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import type { MeasuredSpeeds } from './compare-speed.ts'

/** Results over seeds and cost of one case of a comparison. */
export interface CompareRow extends CaseRow {
  /**
   * Speed of the first seed's inference model, measured in turn with the other cases; null if not
   * measured.
   */
  readonly imagesPerSecond: number | null
}

/** Result of a comparison: `compare.json`. */
export interface CompareOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly data: string
  readonly seeds: readonly number[]
  /** Settings that all cases share. */
  readonly settings: SomeSettings
  /** Cases with at least one finished run, in the requested order. */
  readonly cases: readonly CompareRow[]
  readonly failures: readonly RunFailure[]
  /** How images per second were measured. */
  readonly speed: Omit<MeasuredSpeeds, 'imagesPerSecond'>
  /** `compare.html` */
  readonly report: string
}
