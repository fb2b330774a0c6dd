import { ConfigError } from '../../errors.ts'
import type { Measure } from '../../evaluation/measure.ts'
import type { RunSummary } from '../../run/summary.ts'
import { taskNamed } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'

/**
 * The common task of some runs; the default task if there are none.
 * @throws ConfigError if tasks differ
 */
export function studyTask(runs: readonly Pick<RunSummary, 'task'>[]): Task {
  const [first = taskNamed(), ...others] = new Set(runs.map(({ task }) => taskNamed(task)))
  const [other] = others
  if (other === undefined) return first
  throw new ConfigError(
    `study: runs of the tasks ${first.name} and ${other.name} have no measure in common. Compare those of one task.`,
  )
}

/**
 * The common task of all runs of some cases.
 * @throws ConfigError if tasks differ
 */
export function caseTask(cases: readonly { readonly runs: readonly Pick<RunSummary, 'task'>[] }[]): Task {
  return studyTask(cases.flatMap(({ runs }) => runs))
}

/**
 * The primary measure of the cases' common task.
 * @throws ConfigError if tasks differ
 */
export function studyMeasure(
  cases: readonly { readonly runs: readonly Pick<RunSummary, 'task'>[] }[],
): Measure {
  return caseTask(cases).measures[0]
}
