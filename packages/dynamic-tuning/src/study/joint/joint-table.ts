import type { Measure } from '../../evaluation/measure.ts'
import { headingOf } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { csvText, markdownTable } from '../../report/text-tables.ts'
import { type BesideTable, besideTable } from '../paper/beside-paper.ts'
import { runsMarkdown } from '../pool/markdown.ts'
import { scoreOf } from '../pool/score.ts'
import { studyMeasure } from '../pool/study-measure.ts'
import type { JointCellRow, JointOutcome } from './outcome.ts'

/** The measure of all runs. */
export function jointMeasure({ rows }: JointOutcome): Measure {
  return studyMeasure(rows.flatMap(({ cells }) => cells))
}

/** Cases by datasets, beside the paper's figures; FLOPs and parameters are means over datasets. */
export function jointTable(outcome: JointOutcome): BesideTable {
  const { rows, datasets } = outcome
  const measure = jointMeasure(outcome)
  const lines = rows.map(({ case: name, cells }) => ({
    name,
    flops: mean(cells.map(({ flops }) => flops)),
    trainableParams: mean(cells.map(({ trainableParams }) => trainableParams)),
    cells: datasets.map((dataset) => {
      const found = cells.find((cell) => cell.dataset === dataset)
      return found
        ? { score: scoreOf(found, measure).mean, paper: found.paper }
        : { score: null, paper: null }
    }),
  }))
  return besideTable(datasets, lines, { measure, digits: 2 })
}

/** `compare.csv`: one line for each case on each dataset, numbers in full, settings as JSON. */
export function jointCsv(outcome: JointOutcome): string {
  type Line = JointCellRow & { readonly case: string; readonly method: string; readonly own: object }
  const lines = outcome.rows.flatMap(({ case: name, method, settings, cells }) =>
    cells.map((cell): Line => ({ ...cell, case: name, method, own: settings })),
  )
  const measure = jointMeasure(outcome)
  const fields = (...names: readonly (keyof Line)[]) =>
    names.map((name) => ({ name, value: (line: Line) => line[name] }))
  return csvText(
    [
      ...fields('case', 'method'),
      { name: 'settings', value: (line: Line) => line.own },
      ...fields('dataset', 'seeds'),
      { name: measure.name, value: (line: Line) => scoreOf(line, measure).mean },
      { name: `${measure.name}Deviation`, value: (line: Line) => scoreOf(line, measure).deviation },
      ...fields('paper', 'trainableParams', 'flops', 'staticFlops', 'activeRate', 'seconds', 'peakMemoryMB'),
    ],
    lines,
  )
}

/** `compare.md`: the table, how it was made, and what failed. */
export function jointMarkdown(outcome: JointOutcome): string {
  const { datasets, rows, failures } = outcome
  const { heads, lines } = jointTable(outcome)
  const tables = [
    ...markdownTable(
      [...heads],
      lines.map((line) => [...line]),
    ),
    '',
  ]
  return runsMarkdown({
    title: `Methods compared on ${datasets.join(', ')}`,
    tables: rows.length > 0 ? tables : [],
    notes: jointNotes(outcome),
    failures,
  })
}

/** Notes on how the figures were made. */
export function jointNotes(outcome: JointOutcome): string[] {
  const { rows, seeds } = outcome
  if (rows.length === 0) return ['No run ended well.']
  const measure = jointMeasure(outcome)
  const beside = rows.some(({ cells }) => cells.some(({ paper }) => paper !== null))
  return [
    `${headingOf(measure)}: ${measure.over ?? 'over'} all test samples, with the skipping model, a mean over seeds ${seeds.join(', ')}.`,
    beside
      ? 'Paper: arXiv:2403.11808, backbones pre-trained on ImageNet-21K, where it has the same backbone, method, settings and losses on the same dataset.'
      : 'No dataset and settings are those of a row of the paper (arXiv:2403.11808).',
    'Trained parameters count the head. FLOPs are multiply-accumulates of one image or clip at the shares of active tokens that occurred. Both are means over datasets.',
  ]
}
