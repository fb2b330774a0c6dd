import type { Dataset } from '../data/example.ts'
import { ConfigError } from '../errors.ts'
import type { Settings } from '../setting.ts'
import { classification } from './classification/classification.ts'
import { multilabel } from './multilabel/multilabel.ts'
import { multilabelSettings } from './multilabel/settings.ts'
import { segmentation } from './segmentation/segmentation.ts'
import { segmentationSettings } from './segmentation/settings.ts'
import type { Task } from './task.ts'

/** All tasks. */
export const tasks: readonly [Task, ...Task[]] = [classification, multilabel, segmentation]

/** The task of runs that name none, as those of version 0.1. */
export const [usualTask] = tasks

/**
 * Settings that only some tasks have, by name: `...segmentationSettings` from the task's folder, which are
 * also the task's `settings`. They become settings, checks, flags and help of every command that trains.
 */
export const taskSettings = { ...multilabelSettings, ...segmentationSettings } satisfies Settings

/** The task of this name, the usual one if none is given. @throws ConfigError for unknown names */
export function taskNamed(name: string = usualTask.name): Task {
  const found = tasks.find((task) => task.name === name)
  if (found) return found
  throw new ConfigError(
    `task: unknown task ${name}. Choose one of ${tasks.map((task) => task.name).join(', ')}.`,
  )
}

/**
 * The task with this name; without a name, the first whose kind of truth the data has. @throws ConfigError
 * for unknown names
 */
export function taskFor(name: string | undefined, { truth = 'class' }: Pick<Dataset, 'truth'>): Task {
  if (name !== undefined) return taskNamed(name)
  return tasks.find((task) => task.truth.name === truth) ?? usualTask
}
