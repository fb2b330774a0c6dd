import { located } from '../../run/prepare-run.ts'
import type { WithoutSignal } from '../../run/run-control.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { ManyRunsControl, ManyRunsStopped } from '../pool/control.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import { runCases } from '../pool/run-cases.ts'
import { studyTask } from '../pool/study-measure.ts'
import { finishComparison } from './finish-comparison.ts'
import type { CompareOutcome } from './outcome.ts'
import { type CompareInput, planComparison } from './plan.ts'

/**
 * Tunes with several methods and settings on one dataset, with the same seeds for each and one
 * process per run, and writes `compare.json`, `.csv`, `.md` and `.html` with means and deviations.
 * Called again with the same folder, it keeps finished runs and continues the others. A failed run
 * does not stop the rest; it is listed in `failures`.
 * @throws ConfigError for invalid settings or ones that differ from those of runs in the folder;
 * DataError and CheckpointError for unusable data and weights; RunError if `out` holds something
 * else. All are thrown before any run starts.
 * @example
 * ```ts
 * import { compare } from 'dynamic-tuning'
 *
 * const { cases, report } = await compare(
 *   { data: 'photos', methods: ['linear', 'adaptformer', 'dyt'], seeds: 3 },
 *   { out: 'runs/comparison' },
 * )
 * for (const row of cases) console.log(row.case, row.flops, row.trainableParams)
 * console.log(report)
 * ```
 */
export function compare(input: CompareInput, control: WithoutSignal<ManyRunsControl>): Promise<CompareOutcome>
/** The same where `signal` may stop the study. */
export function compare(
  input: CompareInput,
  control: ManyRunsControl,
): Promise<CompareOutcome | ManyRunsStopped>
export async function compare(
  input: CompareInput,
  control: ManyRunsControl,
): Promise<CompareOutcome | ManyRunsStopped> {
  const plan = planComparison(input)
  const settings = located({ ...definedOnly(input), data: plan.data })
  const check = (runs: readonly PlannedRun[]) => void studyTask(runs.map((run) => run.settings))
  return runCases({ where: 'compare', ...plan, settings, strict: true, check }, control, (folder, { ends }) =>
    finishComparison(folder, input, ends, control),
  )
}
