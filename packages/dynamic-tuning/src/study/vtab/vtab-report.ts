import { headingOf, isBetter, numberIn, shownValue } from '../../evaluation/measure.ts'
import { measureAxis } from '../../report/measure-axis.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatDuration, formatMeasure } from '../../report/quantity.ts'
import { scatterChart } from '../../report/scatter-chart.ts'
import type { ReportSection } from '../../report/section.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { seedsText, studyNotes } from '../pool/report-parts.ts'
import { scoreOf } from '../pool/score.ts'
import { byTask, jointPlot } from './joint-table.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabRow } from './outcome.ts'
import { vtabNotes } from './vtab-notes.ts'
import { vtabHeads, vtabLines, vtabTitle } from './vtab-table.ts'

/**
 * `vtab.html`: all rows by task and against compute, beside the paper's; the tasks and means of each;
 * and what a search found. Self-contained.
 */
export function vtabReport(outcome: VtabOutcome): string {
  const { rows, failures, seeds, settings, root } = outcome
  const runs = rows.flatMap(({ tasks }) => tasks.flatMap((task) => task.runs))
  const models = [...new Set(runs.map(({ model }) => shortName(model)))]
  return renderReport({
    title: vtabTitle(outcome),
    subtitle: [shortName(root), ...models.map((name) => `${name} backbone`), seedsText(seeds)].join('; '),
    headline: headline(outcome),
    curves: [],
    sections: rows.length > 0 ? sections(outcome) : [],
    settings: { root, seeds, ...settings, 'library version': libraryVersion() },
    notes: studyNotes(failures, vtabNotes(outcome)),
  })
}

function headline({ rows, failures }: VtabOutcome): ReportInput['headline'] {
  const [first] = rows
  if (first === undefined) return [{ label: 'Failed runs', value: String(failures.length) }]
  const scoreIn = ({ mean }: VtabRow): number => scoreOf(mean, vtabMeasure).mean
  const best = rows.reduce(
    (one, row) => (isBetter(vtabMeasure, scoreIn(row), scoreIn(one)) ? row : one),
    first,
  )
  const seconds = rows.flatMap(({ tasks }) => tasks.map((row) => row.seeds * row.seconds))
  const shown = (score: number): string => formatMeasure(vtabMeasure, score, 2)
  const { paper } = best.mean
  const note = [...(rows.length > 1 ? [best.case] : []), ...(paper === null ? [] : [`paper ${shown(paper)}`])]
  return [
    {
      label: `${rows.length > 1 ? 'Best mean' : 'Mean'} of group means`,
      value: shown(scoreIn(best)),
      ...(note.length > 0 && { note: note.join(', ') }),
    },
    { label: 'Its FLOPs per image', value: formatCount(best.flops) },
    { label: 'Training time of all', value: formatDuration(seconds.reduce((sum, each) => sum + each, 0)) },
  ]
}

function sections(outcome: VtabOutcome): ReportSection[] {
  const { rows, search } = outcome
  const { heads, lines } = byTask(outcome)
  const joint = { columns: heads, rows: lines.map((cells) => ({ cells })) }
  return [
    ...(rows.length > 1 ? [{ heading: 'Methods', table: joint, plots: [jointPlot(outcome)] }] : []),
    ...rows.map((row) => ({
      heading: rows.length > 1 ? row.case : 'Tasks',
      table: { columns: vtabHeads, rows: vtabLines(row) },
      ...(row.tasks.some(({ paper }) => paper !== null) && { plots: [paperPlot(row)] }),
    })),
    ...(search.length > 0 ? [searchSection(outcome)] : []),
  ]
}

function searchSection({ search }: VtabOutcome): ReportSection {
  const scales = search[0]?.accuracies.map(({ scale }) => `s = ${scale}`) ?? []
  const rows = search.map(({ case: name, task, accuracies, chosen }) => ({
    cells: [
      name,
      task,
      ...accuracies.map((each) => formatMeasure(vtabMeasure, numberIn(each, vtabMeasure.name) ?? Number.NaN)),
      String(chosen ?? '–'),
    ],
  }))
  return {
    heading: 'Search',
    about: `${headingOf(vtabMeasure)} on val200 after training on train800, by adapter scale.`,
    table: { columns: ['method', 'task', ...scales, 'chosen'], rows },
  }
}

function paperPlot({ case: name, tasks }: VtabRow): string {
  return scatterChart({
    title: `${name}: ours against the paper’s`,
    xLabel: `${vtabMeasure.title} in the paper (%)`,
    ...measureAxis(vtabMeasure),
    styles: 'page',
    points: tasks.map((row) => {
      const { mean: ours, deviation } = scoreOf(row, vtabMeasure)
      return {
        name: row.title,
        x: shownValue(vtabMeasure, row.paper ?? Number.NaN),
        y: shownValue(vtabMeasure, ours),
        spread: shownValue(vtabMeasure, deviation ?? 0),
      }
    }),
  })
}
