import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import type { MeasuredSpeeds } from './compare-speed.ts'

/** One case of a comparison: what it reached over its seeds, and what it costs. */
export interface CompareRow extends CaseRow {
  /** Of the first seed's model for inference, in turn with the other cases; null where it was not measured. */
  readonly imagesPerSecond: number | null
}

/** What a comparison found: `compare.json`. */
export interface CompareOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly data: string
  readonly seeds: readonly number[]
  /** What all cases share; each has its own beside. */
  readonly settings: SomeSettings
  /** Cases with at least one finished run, in the order asked for. */
  readonly cases: readonly CompareRow[]
  readonly failures: readonly RunFailure[]
  /** How images per second were measured. */
  readonly speed: Omit<MeasuredSpeeds, 'imagesPerSecond'>
  /** `compare.html` */
  readonly report: string
}
