import { ConfigError } from '../../../errors.ts'
import { count, location, orientation } from './figures.ts'
import { gathering } from './gathering.ts'
import { direction, motion } from './motions.ts'
import { nature } from './nature.ts'
import { scenes } from './scenes/scenes.ts'
import type { DrawnTask } from './task.ts'

/** The drawn tasks by name. */
export const drawnTasks: Readonly<Record<string, DrawnTask>> = {
  count,
  location,
  orientation,
  gathering,
  nature,
  motion,
  direction,
  scenes,
}

/** The drawn task of that name. @throws ConfigError if there is none */
export function drawnTask(name: string): DrawnTask {
  const task = Object.hasOwn(drawnTasks, name) ? drawnTasks[name] : undefined
  if (task) return task
  const known = Object.keys(drawnTasks).map((each) => `builtin:${each}`)
  throw new ConfigError(`dataset: there is no builtin:${name}. Choose one of ${known.join(', ')}.`)
}
