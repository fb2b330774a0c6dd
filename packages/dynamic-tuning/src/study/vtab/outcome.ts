import type { VtabGroup } from '../../data/kinds/vtab.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import type { GroupScore } from './score.ts'

/** What came of a task, with its score as a `CaseRow` has it. */
export interface VtabTaskRow extends Omit<CaseRow, 'case'> {
  /** The name of its folder, and as tables print it. */
  readonly task: string
  readonly title: string
  readonly group: VtabGroup
  /** The scale that a search chose; null where there was none. */
  readonly adapterScale: number | null
  /** The paper's score, from 0 to 1; null where its table has no such row. */
  readonly paper: number | null
}

/** What a search found for a task. */
export interface VtabSearchRow {
  readonly task: string
  /** For each scale the score on val200, from 0 to 1, under the measure's name; null where the run failed. */
  readonly accuracies: readonly { readonly scale: number }[]
  /** null: no run ended well. */
  readonly chosen: number | null
}

/** The mean of a group; its score is under the measure's name. `paper` is over the same tasks. */
export interface VtabGroupRow extends Omit<GroupScore, 'score'> {
  readonly paper: number | null
}

/** What a run of VTAB-1K found: `vtab.json`. */
export interface VtabOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly root: string
  readonly method: string
  readonly seeds: readonly number[]
  /** What all tasks share. */
  readonly settings: SomeSettings
  /** Tasks with at least one finished run, in the paper's order. */
  readonly tasks: readonly VtabTaskRow[]
  readonly groups: readonly VtabGroupRow[]
  /** The mean of the groups' means, as a `CaseRow` has its score; null where no task ended well. */
  readonly mean: { readonly paper: number | null } | null
  /** Whether all 19 tasks are in it. */
  readonly complete: boolean
  /** The paper's row that it stands beside, with the mean as printed. */
  readonly paper: { readonly method: string; readonly mean: number } | null
  /** Names of tasks that the folder does not have. */
  readonly missing: readonly string[]
  /** Empty where nothing was searched. */
  readonly search: readonly VtabSearchRow[]
  readonly failures: readonly RunFailure[]
  /** `vtab.html` */
  readonly report: string
}
