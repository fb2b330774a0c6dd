import { mean } from '../../evaluation/statistics.ts'
import { type ReportInput, renderReport } from '../../report/page.ts'
import { formatCount, formatDuration, formatPercent } from '../../report/quantity.ts'
import { scatterChart } from '../../report/scatter-chart.ts'
import type { ReportSection } from '../../report/section.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { shortName } from '../../run/short-name.ts'
import { failureText } from '../pool/failures.ts'
import type { VtabOutcome } from './outcome.ts'
import { vtabHeads, vtabLines, vtabNotes, vtabTitle } from './vtab-table.ts'

/** `vtab.html`: the table of tasks and means, ours against the paper's, and what a search found; self-contained. */
export function vtabReport(outcome: VtabOutcome): string {
  const { tasks, failures, seeds, settings, root } = outcome
  const models = [...new Set(tasks.flatMap(({ runs }) => runs.map(({ model }) => shortName(model))))]
  const seedText = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
  return renderReport({
    title: vtabTitle(outcome),
    subtitle: [shortName(root), ...models.map((name) => `${name} backbone`), seedText].join('; '),
    headline: headline(outcome),
    curves: [],
    sections: tasks.length > 0 ? sections(outcome) : [],
    settings: { root, seeds, ...settings, 'library version': libraryVersion() },
    notes: [...failures.map((each) => `Failed: ${failureText(each)}`), ...vtabNotes(outcome)],
  })
}

function headline({ tasks, groups, mean: total, failures }: VtabOutcome): ReportInput['headline'] {
  if (total === null) return [{ label: 'Failed runs', value: String(failures.length) }]
  const seconds = tasks.reduce((sum, row) => sum + row.seeds * row.seconds, 0)
  const note = total.paper === null ? undefined : `paper ${formatPercent(total.paper, 2)}`
  return [
    { label: 'Mean of group means', value: formatPercent(total.accuracy, 2), ...(note && { note }) },
    ...groups.map(({ group, accuracy, paper }) => ({
      label: `Mean of ${group} tasks`,
      value: formatPercent(accuracy, 2),
      ...(paper !== null && { note: `paper ${formatPercent(paper, 2)}` }),
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
      ...accuracies.map(({ accuracy }) => formatPercent(accuracy ?? Number.NaN)),
      String(chosen ?? '–'),
    ],
  }))
  return [
    { heading: 'Tasks', table, ...(paper && { plots: [paperPlot(outcome)] }) },
    ...(search.length > 0
      ? [
          {
            heading: 'Search',
            about: 'Accuracy on val200 after training on train800, by adapter scale.',
            table: { columns: ['task', ...scales, 'chosen'], rows: searched },
          },
        ]
      : []),
  ]
}

function paperPlot({ tasks, paper }: VtabOutcome): string {
  return scatterChart({
    title: 'Ours against the paper’s',
    xLabel: `accuracy of ${paper?.method} in the paper (%)`,
    yLabel: 'accuracy (%)',
    styles: 'page',
    points: tasks.map(({ title, accuracy, accuracyDeviation, paper: theirs }) => ({
      name: title,
      x: 100 * (theirs ?? Number.NaN),
      y: 100 * accuracy,
      spread: 100 * (accuracyDeviation ?? 0),
    })),
  })
}
