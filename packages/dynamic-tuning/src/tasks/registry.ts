import { ConfigError } from '../errors.ts'
import { classification } from './classification/classification.ts'
import type { Task } from './task.ts'

/** All tasks; the first is meant where nothing is said. */
export const tasks: readonly [Task, ...Task[]] = [classification]

/** The task of this name; that of version 0.1, which knew no other, where none is given. @throws ConfigError for unknown names */
export function taskNamed(name: string = tasks[0].name): Task {
  const found = tasks.find((task) => task.name === name)
  if (found) return found
  throw new ConfigError(
    `task: unknown task ${name}. Choose one of ${tasks.map((task) => task.name).join(', ')}.`,
  )
}
