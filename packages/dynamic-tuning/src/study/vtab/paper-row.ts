import { paperTable } from '../../cost/paper/paper-tables.ts'
import { vtabTasks } from '../../data/kinds/vtab.ts'
import type { FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { paperScores } from './paper-scores.ts'

/** A row of the paper's Table 3. */
export interface PaperVtabRow {
  /** The method's name there. */
  readonly method: string
  /** Top-1 by the name of the task, from 0 to 1. */
  readonly scores: Readonly<Record<string, number>>
  /** Printed mean of the three groups' means, from 0 to 1. */
  readonly mean: number
}

type Deciding = Pick<FinetuneSettings, 'method' | 'dispatch' | 'rate' | 'reduction'>

/** The row of the same method, and of the same rate if it skips tokens; undefined if the table has none. */
export function paperVtabRow({ method, dispatch, rate, reduction }: Deciding): PaperVtabRow | undefined {
  if (reduction !== 'none' || dispatch !== tunerNamed(method).defaults.dispatch) return undefined
  const row = paperTable(3).rows.find(
    (each) => each.tuner === method && (dispatch === 'none' || each.options?.rate === rate),
  )
  const printed = row && paperScores[row.method]
  if (!printed) return undefined
  const scores = printed.values.map((value, i) => [vtabTasks[i]?.name, shareOf(value)] as const)
  return { method: row.method, scores: Object.fromEntries(scores), mean: shareOf(printed.mean) }
}

/** Converts a printed percentage to a share without rounding noise. */
const shareOf = (percent: number): number => Number((percent / 100).toFixed(4))
