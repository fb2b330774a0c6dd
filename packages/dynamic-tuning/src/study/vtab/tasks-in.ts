import { findVtabTasks, type VtabTask, vtabTasks } from '../../data/kinds/vtab.ts'
import { differencesFromVtab } from '../../data/kinds/vtab-differences.ts'
import { ConfigError, DataError } from '../../errors.ts'
import { nearestWord } from '../../run/settings/nearest-word.ts'

/** A folder that has the name of a task of VTAB-1K, but other images. */
export interface DifferingTask {
  readonly task: string
  /** How its lists differ, each in a few words. */
  readonly differences: readonly string[]
}

/** Tasks to run. */
export interface TasksFound {
  readonly tasks: readonly VtabTask[]
  /** Tasks missing in the folder. */
  readonly missing: readonly VtabTask[]
  readonly differing: readonly DifferingTask[]
}

/**
 * The wanted tasks in a folder, by default all that it holds.
 * @throws ConfigError for unknown names; DataError if there is none
 */
export function tasksIn(root: string, names: readonly string[] | undefined): TasksFound {
  const known = vtabTasks.map(({ name }) => name)
  for (const name of names ?? [])
    if (!known.includes(name)) {
      const meant = nearestWord(name, known)
      throw new ConfigError(
        `vtab: unknown task ${name}. ${meant ? `Did you mean ${meant}?` : `Choose from ${known.join(', ')}.`}`,
      )
    }
  const wanted = (task: VtabTask): boolean => names === undefined || names.includes(task.name)
  const { found, missing } = findVtabTasks(root)
  const chosen = found.filter(({ task }) => wanted(task))
  if (chosen.length === 0)
    throw new DataError(
      `vtab: ${root} holds ${names ? 'none of these tasks' : 'no task'}, expected folders such as ${(names ?? known).slice(0, 3).join(', ')} with train800val200.txt and test.txt. Name the folder that holds them.`,
    )
  const differing = chosen.flatMap(({ task, folder }) => {
    const differences = differencesFromVtab(task, folder)
    return differences.length === 0 ? [] : [{ task: task.name, differences }]
  })
  return { tasks: chosen.map(({ task }) => task), missing: missing.filter(wanted), differing }
}
