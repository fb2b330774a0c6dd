import { headingOf, valueIn } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { formatCount, formatPercent } from '../../report/quantity.ts'
import { type CsvColumn, csvText, markdownTable } from '../../report/text-tables.ts'
import { shortName } from '../../run/short-name.ts'
import { runsMarkdown } from '../pool/markdown.ts'
import { intervalText, type Score, scoreOf, scoreText } from '../pool/score.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabTaskRow } from './outcome.ts'

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
export function vtabLines({ tasks, groups, mean: total }: VtabOutcome): VtabLine[] {
  if (total === null) return []
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

/** `vtab.csv`: one line a task, numbers in full. */
export function vtabCsv({ tasks }: VtabOutcome): string {
  const fields = (...names: readonly (keyof VtabTaskRow)[]) =>
    names.map((name) => ({ name, value: (row: VtabTaskRow) => row[name] }))
  const score = (row: VtabTaskRow): Score => scoreOf(row, vtabMeasure)
  const { name } = vtabMeasure
  const columns: CsvColumn<VtabTaskRow>[] = [
    ...fields('task', 'group', 'seeds'),
    { name, value: (row) => score(row).mean },
    { name: `${name}Deviation`, value: (row) => score(row).deviation },
    ...fields('paper', 'adapterScale', 'trainableParams', 'flops', 'activeRate', 'seconds', 'peakMemoryMB'),
    { name: `${name}Low`, value: (row) => score(row).interval?.[0] },
    { name: `${name}High`, value: (row) => score(row).interval?.[1] },
  ]
  return csvText(columns, tasks)
}

/** `vtab.md`: a row in the format of the paper's Table 3, the tasks, notes and failures. */
export function vtabMarkdown(outcome: VtabOutcome): string {
  const { failures, tasks, root } = outcome
  const lines = vtabLines(outcome).map(({ cells }) => cells)
  const tables = [...markdownTable(...vtabRow(outcome)), '', ...markdownTable(vtabHeads, lines), '']
  return runsMarkdown({
    title: `${vtabTitle(outcome)} on ${shortName(root)}`,
    tables: tasks.length > 0 ? tables : [],
    notes: vtabNotes(outcome),
    failures,
  })
}

/** Headings and rows in the layout of Table 3: ours, and the paper's if it has such a row. */
function vtabRow({ tasks, mean: total, paper, method }: VtabOutcome): [string[], string[][]] {
  const points = (value: number | null, digits: number): string =>
    value === null ? '–' : (100 * value).toFixed(digits)
  const heads = ['method', ...tasks.map(({ title }) => title), 'mean', 'FLOPs']
  const flops = formatCount(mean(tasks.map((row) => row.flops)))
  const ours = [
    method,
    ...tasks.map((row) => points(scoreOf(row, vtabMeasure).mean, 1)),
    points(total && valueIn(total, vtabMeasure), 2),
    flops,
  ]
  if (paper === null) return [heads, [ours]]
  const theirs = [`${paper.method} (paper)`, ...tasks.map((row) => points(row.paper, 1))]
  return [heads, [ours, [...theirs, points(total?.paper ?? null, 2), '–']]]
}

/** `VTAB-1K with dyt`. */
export function vtabTitle({ method, complete, tasks }: VtabOutcome): string {
  return `VTAB-1K with ${method}${complete ? '' : `, ${tasks.length} of 19 tasks`}`
}

/** Notes on how the figures were made. */
export function vtabNotes({ tasks, seeds, missing, paper, complete, search }: VtabOutcome): string[] {
  if (tasks.length === 0) return ['No run ended well.']
  const over = seeds.length > 1 ? `; mean and standard deviation (n - 1) over seeds ${seeds.join(', ')}` : ''
  return [
    ...(missing.length > 0 ? [`Not in the folder: ${missing.join(', ')}.`] : []),
    `${headingOf(vtabMeasure)}: ${vtabMeasure.over} all test images, after training on train800val200, with the skipping model${over}. 95 %: bootstrap interval of the mean over seeds, too narrow for a few.`,
    'Means are over the tasks of a group, then over the groups.',
    ...(search.length > 0
      ? ['Scale: the adapter scale that was best on val200 after training on train800, with the first seed.']
      : []),
    ...(paper
      ? [
          `Paper: row "${paper.method}" of Table 3 (arXiv:2403.11808), ViT-B/16 pre-trained on ImageNet-21K${complete ? '' : ', means over the same tasks'}. It prints ${(100 * paper.mean).toFixed(2)} % for all 19.`,
        ]
      : ['The paper’s Table 3 has no row of these settings.']),
    'FLOPs are multiply-accumulates of one image at the shares of active tokens that occurred, a mean over tasks.',
  ]
}
