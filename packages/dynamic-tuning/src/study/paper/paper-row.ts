import { paperAblations } from '../../cost/paper/paper-ablations.ts'
import type { PaperModel } from '../../cost/paper/paper-table.ts'
import { paperTables } from '../../cost/paper/paper-tables.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { completeScores } from './complete-scores.ts'
import { isSameModel, type TunedSettings } from './is-same-model.ts'
import { vtabScores } from './vtab-scores.ts'

/** A row of the paper beside a run with the same settings. */
export interface PaperScores {
  readonly table: number
  /** The row's name there. */
  readonly method: string
  /** In 10^9 multiply-accumulates of an image; absent where the table has none. */
  readonly flopsG?: number
  /** Top-1 by set, from 0 to 1: complete sets by title, tasks of VTAB-1K by name, their mean as `VTAB-1K`. */
  readonly scores: Readonly<Record<string, number>>
}

const printed = [...completeScores, ...vtabScores]
const tables = [...paperTables, ...paperAblations]

/**
 * The rows of arXiv:2403.11808 with the same backbone, method, settings and losses as a run; [] if there are
 * none. Adapter scales do not count: the paper searches them for each task. Nor do batch, epochs and rates of
 * learning.
 */
export function paperRows(settings: TunedSettings, config: ModelConfig): readonly PaperScores[] {
  return tables.flatMap(({ number, model, rows }) =>
    rows
      .filter((row) => !('frames' in row))
      .filter((row) => isSameModel({ ...row, model }, settings, config))
      .flatMap((row) => scoresOf(number, row)),
  )
}

function scoresOf(number: number, row: PaperModel & { readonly flops?: string }): PaperScores[] {
  const table = printed.find((each) => each.table === number)
  const values = table?.rows[row.method]
  if (table === undefined || values === undefined) return []
  return [
    {
      table: number,
      method: row.method,
      ...(row.flops !== undefined && { flopsG: Number(row.flops) }),
      scores: Object.fromEntries(values.map((value, i) => [table.sets[i] ?? '', shareOf(value)])),
    },
  ]
}

/** The printed score on a set, of the first row that has one. */
export function paperScore(rows: readonly PaperScores[], set: string): number | null {
  return rows.find(({ scores }) => scores[set] !== undefined)?.scores[set] ?? null
}

/** Converts a printed percentage to a share without rounding noise. */
const shareOf = (percent: number): number => Number((percent / 100).toFixed(4))
