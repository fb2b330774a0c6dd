import { valueIn } from '../../evaluation/measure.ts'
import { formatPercent, intervalText } from '../../report/quantity.ts'
import { type CsvColumn, csvText, markdownTable } from '../../report/text-tables.ts'
import { shortName } from '../../run/short-name.ts'
import { runsMarkdown } from '../pool/markdown.ts'
import { type Score, scoreOf, scoreText } from '../pool/score.ts'
import { byTask } from './joint-table.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabRow, VtabTaskRow } from './outcome.ts'
import { vtabNotes } from './vtab-notes.ts'

/** A line of the table: a task, the mean of a group, or the mean of those. */
export interface VtabLine {
  readonly cells: readonly string[]
  /** True for means. */
  readonly bold: boolean
}

/** Headings of `vtabLines`. */
export const vtabHeads: readonly string[] = [
  'task',
  'group',
  vtabMeasure.title,
  '95 %',
  'paper',
  'difference',
  'scale',
  'seeds',
]

/** Lines for the tasks in the paper's order, the groups' means and their mean, beside the paper's figures. */
export function vtabLines({ tasks, groups, mean: total }: VtabRow): VtabLine[] {
  const rows = tasks.map((row) => {
    const score = scoreOf(row, vtabMeasure)
    const scale = row.adapterScale === null ? '–' : String(row.adapterScale)
    const text = [scoreText(score, vtabMeasure), intervalText(score.interval, vtabMeasure)]
    return {
      cells: [row.title, row.group, ...text, ...beside(score.mean, row.paper), scale, String(row.seeds)],
      bold: false,
    }
  })
  const means = groups.map((row) => {
    const score = valueIn(row, vtabMeasure)
    const text = [`${row.group}, ${row.tasks} of ${row.of}`, formatPercent(score, 2)]
    return { cells: ['mean', ...text, '–', ...beside(score, row.paper), '–', '–'], bold: true }
  })
  const score = scoreOf(total, vtabMeasure)
  const text = [scoreText(score, vtabMeasure, 2), intervalText(score.interval, vtabMeasure)]
  const all = ['mean of means', `${groups.length} of 3 groups`, ...text, ...beside(score.mean, total.paper)]
  return [...rows, ...means, { cells: [...all, '–', '–'], bold: true }]
}

/** The paper's figure, and the difference in points. */
function beside(score: number, paper: number | null): [string, string] {
  if (paper === null) return ['–', '–']
  const difference = 100 * (score - paper)
  return [formatPercent(paper), `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(1)}`]
}

interface CsvLine extends VtabTaskRow {
  readonly case: string
}

/** `vtab.csv`: one line for each task of each row, numbers in full. */
export function vtabCsv({ rows }: VtabOutcome): string {
  const fields = (...names: readonly (keyof CsvLine)[]) =>
    names.map((name) => ({ name, value: (row: CsvLine) => row[name] }))
  const score = (row: VtabTaskRow): Score => scoreOf(row, vtabMeasure)
  const { name } = vtabMeasure
  const columns: CsvColumn<CsvLine>[] = [
    ...fields('case', 'task', 'group', 'seeds'),
    { name, value: (row) => score(row).mean },
    { name: `${name}Deviation`, value: (row) => score(row).deviation },
    ...fields('paper', 'adapterScale', 'trainableParams', 'flops', 'activeRate', 'seconds', 'peakMemoryMB'),
    { name: `${name}Low`, value: (row) => score(row).interval?.[0] },
    { name: `${name}High`, value: (row) => score(row).interval?.[1] },
  ]
  return csvText(
    columns,
    rows.flatMap((row) => row.tasks.map((task) => ({ ...task, case: row.case }))),
  )
}

/** `vtab.md`: the rows in the format of the paper's Table 3, the tasks of each, notes and failures. */
export function vtabMarkdown(outcome: VtabOutcome): string {
  const { failures, rows, root } = outcome
  const joint = byTask(outcome)
  const tables = [
    ...markdownTable(
      [...joint.heads],
      joint.lines.map((line) => [...line]),
    ),
    '',
    ...rows.flatMap((row) => [
      `## ${row.case}\n`,
      ...markdownTable(
        vtabHeads,
        vtabLines(row).map(({ cells }) => cells),
      ),
      '',
    ]),
  ]
  return runsMarkdown({
    title: `${vtabTitle(outcome)} on ${shortName(root)}`,
    tables: rows.length > 0 ? tables : [],
    notes: vtabNotes(outcome),
    failures,
  })
}

/** `VTAB-1K with dyt`, or `VTAB-1K with 15 methods`. */
export function vtabTitle({ rows }: VtabOutcome): string {
  const [first, ...others] = rows
  const count = Math.max(0, ...rows.map(({ tasks }) => tasks.length))
  const what = first && others.length === 0 ? first.case : `${rows.length} methods`
  return `VTAB-1K with ${what}${count === 19 ? '' : `, ${count} of 19 tasks`}`
}
