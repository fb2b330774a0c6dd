import type { RunFolder } from '../../io/run-folder.ts'
import { located } from '../../run/prepare-run.ts'
import type { WithoutSignal } from '../../run/run-control.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { ManyRunsControl, ManyRunsStopped } from '../pool/control.ts'
import { failuresOf } from '../pool/failures.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import { groupEnds } from '../pool/run-all.ts'
import { type CasesDone, runCases } from '../pool/run-cases.ts'
import { caseTask, studyTask } from '../pool/study-measure.ts'
import { summarizeCase } from '../pool/summarize-cases.ts'
import { pagePath, writeResults } from '../pool/write-results.ts'
import type { SweepOutcome } from './outcome.ts'
import { planSweep, type SweepInput, type SweepPlan } from './plan.ts'
import { metricFor, ranked } from './rank-by.ts'
import { sweepReport } from './sweep-report.ts'
import { sweepCsv, sweepMarkdown } from './sweep-table.ts'

/**
 * Tunes with every combination of some settings and every seed, one process per run, and writes
 * `sweep.json`, `.csv`, `.md` and `.html` with the cases ordered by the metric. Called again with
 * the same folder, it keeps finished runs and continues the others. Failed runs and unusable data
 * or weights do not stop the rest; they are listed in `failures`.
 * @throws ConfigError for invalid settings or ones that differ from those of runs in the folder;
 * DataError and CheckpointError if no case can run; RunError if `out` holds something else. All are
 * thrown before any run starts.
 * @example
 * ```ts
 * import { sweep } from 'dynamic-tuning'
 *
 * const { cases } = await sweep(
 *   { data: 'photos', grid: { rate: [0.3, 0.5, 0.7], learningRate: [1e-3, 3e-3] } },
 *   { out: 'runs/sweep' },
 * )
 * console.log(cases[0]?.settings)
 * ```
 */
export function sweep(input: SweepInput, control: WithoutSignal<ManyRunsControl>): Promise<SweepOutcome>
/** The same where `signal` may stop the study. */
export function sweep(input: SweepInput, control: ManyRunsControl): Promise<SweepOutcome | ManyRunsStopped>
export async function sweep(
  input: SweepInput,
  control: ManyRunsControl,
): Promise<SweepOutcome | ManyRunsStopped> {
  const plan = planSweep(input)
  const { data } = plan.common
  const settings = { ...definedOnly(input), ...(data !== undefined && located({ ...plan.common, data })) }
  const check = (runs: Iterable<PlannedRun>) => void metricOfRuns(runs, plan)
  return runCases({ where: 'sweep', ...plan, settings, check }, control, async (folder, done) =>
    finish(folder, plan, done),
  )
}

/** @throws ConfigError for runs of several tasks, and a metric that their task does not have */
function metricOfRuns(runs: Iterable<PlannedRun>, { metric }: SweepPlan): string {
  return metricFor(studyTask(Array.from(runs, ({ settings }) => settings)), metric)
}

function finish(folder: RunFolder, plan: SweepPlan, { ends, refused }: CasesDone): SweepOutcome {
  const rows = groupEnds(ends).map((group) => summarizeCase(group.case, group.runs))
  const metric = metricFor(caseTask(rows), plan.metric)
  const outcome: SweepOutcome = {
    run: folder.path,
    finished: true,
    metric,
    seeds: plan.seeds,
    axes: plan.axes,
    settings: plan.common,
    cases: ranked(rows, metric),
    failures: failuresOf(ends, refused),
    report: pagePath(folder, 'sweep'),
  }
  writeResults(folder, 'sweep', outcome, { csv: sweepCsv, markdown: sweepMarkdown, report: sweepReport })
  return outcome
}
