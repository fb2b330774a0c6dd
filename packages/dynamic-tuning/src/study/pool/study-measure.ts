import { ConfigError } from '../../errors.ts'
import type { Measure } from '../../evaluation/measure.ts'
import type { RunSummary } from '../../run/summary.ts'
import { taskNamed } from '../../tasks/registry.ts'
import { judgedBy, type Task } from '../../tasks/task.ts'

/** The metric that all runs have; undefined if their datasets are judged differently. */
function sameMetric(runs: readonly Partial<Pick<RunSummary, 'task' | 'metric'>>[]): string | undefined {
  const [metric, ...others] = new Set(runs.map((run) => run.metric))
  return others.length === 0 ? metric : undefined
}

/**
 * The common task of some runs, judged as papers judge it on their dataset; the default task without runs.
 * @throws ConfigError if tasks differ
 */
export function studyTask(runs: readonly Partial<Pick<RunSummary, 'task' | 'metric'>>[]): Task {
  const [first = taskNamed(), ...others] = new Set(runs.map(({ task }) => taskNamed(task)))
  const [other] = others
  if (other === undefined) return judgedBy(first, sameMetric(runs))
  throw new ConfigError(
    `study: runs of the tasks ${first.name} and ${other.name} have no measure in common. Compare those of one task.`,
  )
}

/**
 * The common task of all runs of some cases.
 * @throws ConfigError if tasks differ
 */
export function caseTask(
  cases: readonly { readonly runs: readonly Partial<Pick<RunSummary, 'task' | 'metric'>>[] }[],
): Task {
  return studyTask(cases.flatMap(({ runs }) => runs))
}

/**
 * The primary measure of the cases' common task.
 * @throws ConfigError if tasks differ
 */
export function studyMeasure(
  cases: readonly { readonly runs: readonly Partial<Pick<RunSummary, 'task' | 'metric'>>[] }[],
): Measure {
  return caseTask(cases).measures[0]
}
