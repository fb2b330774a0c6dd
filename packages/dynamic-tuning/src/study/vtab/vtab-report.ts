import { headingOf, numberIn, shownValue, titleWithUnit, valueIn } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatDuration, formatMeasure } from '../../report/quantity.ts'
import { scatterChart } from '../../report/scatter-chart.ts'
import type { ReportSection } from '../../report/section.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { seedsText, studyNotes } from '../pool/report-parts.ts'
import { scoreOf } from '../pool/score.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome } from './outcome.ts'
import { vtabHeads, vtabLines, vtabNotes, vtabTitle } from './vtab-table.ts'

/**
 * `vtab.html`: the table of tasks and means, ours against the paper's, and what a search found;
 * self-contained.
 */
export function vtabReport(outcome: VtabOutcome): string {
  const { tasks, failures, seeds, settings, root } = outcome
  const models = [...new Set(tasks.flatMap(({ runs }) => runs.map(({ model }) => shortName(model))))]
  return renderReport({
    title: vtabTitle(outcome),
    subtitle: [shortName(root), ...models.map((name) => `${name} backbone`), seedsText(seeds)].join('; '),
    headline: headline(outcome),
    curves: [],
    sections: tasks.length > 0 ? sections(outcome) : [],
    settings: { root, seeds, ...settings, 'library version': libraryVersion() },
    notes: studyNotes(failures, vtabNotes(outcome)),
  })
}

function headline({ tasks, groups, mean: total, failures }: VtabOutcome): ReportInput['headline'] {
  if (total === null) return [{ label: 'Failed runs', value: String(failures.length) }]
  const seconds = tasks.reduce((sum, row) => sum + row.seeds * row.seconds, 0)
  const shown = (score: number): string => formatMeasure(vtabMeasure, score, 2)
  const note = (paper: number | null) => (paper === null ? {} : { note: `paper ${shown(paper)}` })
  return [
    { label: 'Mean of group means', value: shown(valueIn(total, vtabMeasure)), ...note(total.paper) },
    ...groups.map((row) => ({
      label: `Mean of ${row.group} tasks`,
      value: shown(valueIn(row, vtabMeasure)),
      ...note(row.paper),
    })),
    { label: 'FLOPs per image', value: formatCount(mean(tasks.map((row) => row.flops))) },
    { label: 'Training time of all', value: formatDuration(seconds) },
  ]
}

function sections(outcome: VtabOutcome): ReportSection[] {
  const { paper, search } = outcome
  const table = { columns: vtabHeads, rows: vtabLines(outcome) }
  const scales = search[0]?.accuracies.map(({ scale }) => `s = ${scale}`) ?? []
  const searched = search.map(({ task, accuracies, chosen }) => ({
    cells: [
      task,
      ...accuracies.map((each) => formatMeasure(vtabMeasure, numberIn(each, vtabMeasure.name) ?? Number.NaN)),
      String(chosen ?? '–'),
    ],
  }))
  return [
    { heading: 'Tasks', table, ...(paper && { plots: [paperPlot(outcome)] }) },
    ...(search.length > 0
      ? [
          {
            heading: 'Search',
            about: `${headingOf(vtabMeasure)} on val200 after training on train800, by adapter scale.`,
            table: { columns: ['task', ...scales, 'chosen'], rows: searched },
          },
        ]
      : []),
  ]
}

function paperPlot({ tasks, paper }: VtabOutcome): string {
  return scatterChart({
    title: 'Ours against the paper’s',
    xLabel: `${vtabMeasure.title} of ${paper?.method} in the paper (%)`,
    yLabel: titleWithUnit(vtabMeasure),
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
