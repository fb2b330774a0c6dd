import type { VtabGroup } from '../../data/kinds/vtab.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'
import type { RunFailure } from '../pool/failures.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'
import type { GroupScore } from './score.ts'
import type { DifferingTask } from './tasks-in.ts'

/** Results of a task; the score is stored as in `CaseRow`. */
export interface VtabTaskRow extends Omit<CaseRow, 'case' | 'method' | 'settings'> {
  /** Folder name, and title in tables. */
  readonly task: string
  readonly title: string
  readonly group: VtabGroup
  /** Adapter scale chosen by the search; null without search. */
  readonly adapterScale: number | null
  /** The paper's score, from 0 to 1; null if it has no such row, or the images are not those of VTAB-1K. */
  readonly paper: number | null
}

/** Result of a scale search for a task of a row. */
export interface VtabSearchRow {
  readonly case: string
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

/** A row of the paper: its table, and what it prints for all of VTAB-1K. */
export interface VtabPaperRow {
  readonly table: number
  readonly method: string
  /** Mean of the groups' means, from 0 to 1. */
  readonly mean: number
  /** In 10^9 multiply-accumulates of an image; absent where the table has none. */
  readonly flopsG?: number
}

/** Results of one method, or case, on all tasks. */
export interface VtabRow {
  readonly case: string
  readonly method: string
  /** Settings in which it differs from other rows, without the method. */
  readonly settings: SomeSettings
  /** Tasks with at least one finished run, in the paper's order. */
  readonly tasks: readonly VtabTaskRow[]
  readonly groups: readonly VtabGroupRow[]
  /** Mean of the groups' means, stored as in `CaseRow`. */
  readonly mean: { readonly paper: number | null }
  /** True if it includes all 19 tasks with VTAB-1K's own images. */
  readonly complete: boolean
  /** Multiply-accumulates of an image, a mean over tasks. */
  readonly flops: number
  /** Trained parameters, head included, a mean over tasks. */
  readonly trainableParams: number
  /** Row of the paper with the same settings. */
  readonly paper: VtabPaperRow | null
}

/** Result of a run of VTAB-1K: `vtab.json`. */
export interface VtabOutcome {
  /** Its folder. */
  readonly run: string
  readonly finished: true
  readonly root: string
  readonly seeds: readonly number[]
  /** Settings that all rows and tasks share. */
  readonly settings: SomeSettings
  /** Methods, or cases, with at least one finished run, in the order in which they were asked for. */
  readonly rows: readonly VtabRow[]
  /** Names of tasks missing in the folder. */
  readonly missing: readonly string[]
  /** Tasks whose lists are not those of VTAB-1K. */
  readonly differing: readonly DifferingTask[]
  /** Empty without search. */
  readonly search: readonly VtabSearchRow[]
  readonly failures: readonly RunFailure[]
  /** `vtab.html` */
  readonly report: string
}
