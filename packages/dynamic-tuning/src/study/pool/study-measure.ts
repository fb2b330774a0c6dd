import { ConfigError } from '../../errors.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { taskNamed } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'

/** What says which task a run has: its settings or its summary. Absent: the first task. */
interface OfTask {
  readonly task?: string | undefined
}

/** The one task of some runs, the first of all where there are none. @throws ConfigError where they have several */
export function studyTask(runs: readonly OfTask[]): Task {
  const [first = taskNamed(), ...others] = new Set(runs.map(({ task }) => taskNamed(task)))
  const [other] = others
  if (other === undefined) return first
  throw new ConfigError(
    `study: runs of the tasks ${first.name} and ${other.name} have no measure in common. Compare those of one task.`,
  )
}

/** The measure that a table of cases is about: the primary one of their task. @throws ConfigError where they have several */
export function studyMeasure(cases: readonly { readonly runs: readonly OfTask[] }[]): Measure {
  return studyTask(cases.flatMap(({ runs }) => runs)).measures[0]
}
