import { openRunFolder } from '../../io/run-folder.ts'
import { heldOutCurves } from '../../report/held-out-curves.ts'
import type { CurveChart } from '../../report/metrics-curves.ts'
import type { ReportInput } from '../../report/page.ts'
import { failureText, type RunFailure } from './failures.ts'
import { sampleWordOf } from './sample-of.ts'
import { caseTask } from './study-measure.ts'
import type { CaseRow } from './summarize-cases.ts'

/** Number of finished and planned runs. A failure without a seed counts for all seeds. */
export function finishedRuns(
  cases: readonly CaseRow[],
  failures: readonly RunFailure[],
  seeds: readonly number[],
): ReportInput['headline'][number] {
  const done = cases.reduce((sum, row) => sum + row.seeds, 0)
  const failed = failures.reduce((sum, { seed }) => sum + (seed === null ? seeds.length : 1), 0)
  return {
    label: 'Finished runs',
    value: `${done} of ${done + failed}`,
    note: failed === 0 ? 'none failed' : `${failed} failed, see the notes`,
  }
}

/** Curves of the first run of each case; charts with one epoch are left out. */
export function caseCurves(cases: readonly CaseRow[]): CurveChart[] {
  const metrics = cases.map(({ case: name, runs: [first] }) => ({
    name,
    lines: first === undefined ? [] : openRunFolder(first.run, { write: false }).readMetrics(),
  }))
  return heldOutCurves(metrics, sampleWordOf(cases), caseTask(cases)).filter(({ series }) =>
    series.some(({ points }) => points.length > 1),
  )
}

/** Failures, then notes on the figures. */
export function studyNotes(failures: readonly RunFailure[], notes: readonly string[]): string[] {
  return [...failures.map((each) => `Failed: ${failureText(each)}`), ...notes]
}

/** `3 seeds`, or `seed 0` for a single one. */
export function seedsText(seeds: readonly number[]): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`
}
