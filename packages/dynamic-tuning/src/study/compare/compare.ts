import { located } from '../../run/prepare-run.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { ManyRunsControl, ManyRunsStopped } from '../pool/control.ts'
import { runCases } from '../pool/run-cases.ts'
import { finishComparison } from './finish-comparison.ts'
import type { CompareOutcome } from './outcome.ts'
import { type CompareInput, planComparison } from './plan.ts'

/**
 * Tunes with several methods and settings on one dataset, each with the same seeds and each run in a process of its own, and
 * writes `compare.json`, `.csv`, `.md` and `.html` with means and deviations. Called again with the same folder it keeps the
 * runs that ended and goes on with the others. A run that fails does not stop the rest: it is in `failures`.
 * @throws ConfigError for settings that make no sense or differ from those of runs in the folder; DataError and
 * CheckpointError for data and weights that cannot be used; RunError where `out` holds something else. All before any run.
 */
export async function compare(
  input: CompareInput,
  control: ManyRunsControl,
): Promise<CompareOutcome | ManyRunsStopped> {
  const plan = planComparison(input)
  const settings = located({ ...definedOnly(input), data: plan.data })
  return runCases({ where: 'compare', ...plan, settings, strict: true }, control, (folder, { ends }) =>
    finishComparison(folder, input, ends, control),
  )
}
