import type { VtabGroup } from '../../data/kinds/vtab.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import type { GroupScore } from './score.ts'

/** Results of a task; the score is stored as in `CaseRow`. */
export interface VtabTaskRow extends Omit<CaseRow, 'case'> {
  /** Folder name, and title in tables. */
  readonly task: string
  readonly title: string
  readonly group: VtabGroup
  /** Adapter scale chosen by the search; null without search. */
  readonly adapterScale: number | null
  /** The paper's score, from 0 to 1; null if its table has no such row. */
  readonly paper: number | null
}

/** Result of a scale search for a task. */
export interface VtabSearchRow {
  readonly task: string
  /** Score of each scale on val200, from 0 to 1, under the measure's name; null if the run failed. */
  readonly accuracies: readonly { readonly scale: number }[]
  /** null if no run finished. */
  readonly chosen: number | null
}

/** The mean of a group; its score is under the measure's name. `paper` is over the same tasks. */
export interface VtabGroupRow extends Omit<GroupScore, 'score'> {
  readonly paper: number | null
}

/** Result of a run of VTAB-1K: `vtab.json`. */
export interface VtabOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly root: string
  readonly method: string
  readonly seeds: readonly number[]
  /** Settings that all tasks share. */
  readonly settings: SomeSettings
  /** Tasks with at least one finished run, in the paper's order. */
  readonly tasks: readonly VtabTaskRow[]
  readonly groups: readonly VtabGroupRow[]
  /** Mean of the groups' means, stored as in `CaseRow`; null if no task finished. */
  readonly mean: { readonly paper: number | null } | null
  /** True if it includes all 19 tasks. */
  readonly complete: boolean
  /** Matching row of the paper, with its printed mean. */
  readonly paper: { readonly method: string; readonly mean: number } | null
  /** Names of tasks missing in the folder. */
  readonly missing: readonly string[]
  /** Empty without search. */
  readonly search: readonly VtabSearchRow[]
  readonly failures: readonly RunFailure[]
  /** `vtab.html` */
  readonly report: string
}
