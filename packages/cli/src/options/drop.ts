import { Option } from 'commander'
import { ConfigError, type Task } from 'dynamic-tuning'
import { tasks, usualMeasure } from 'dynamic-tuning/tasks'
import { number } from './numbers.ts'

/** Name of the option for the allowed loss of a run's primary measure: `meanIouDrop`. */
const optionOf = ({ measures: [{ name }] }: Pick<Task, 'measures'>): string => dropOf(name)

const dropOf = (measure: string): string => `${measure}Drop`

/** The options of all tasks, for whatever papers report on a dataset. */
const allOptions = [
  ...new Set(
    tasks.flatMap((task) =>
      [undefined, 'classes' as const].map((average) => dropOf(usualMeasure(task, average).name)),
    ),
  ),
]

/** An option for the primary measure of each task, such as `--mean-iou-drop`. */
export function dropFlags(): Option[] {
  return allOptions.map((name) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const help = 'find the cheapest that loses at most so many points'
    return new Option(`--${flag} <points>`, help).argParser(number(0, 100))
  })
}

/**
 * The allowed loss in points for a run's task. @throws ConfigError if it is given for another task's measure
 */
export function dropGiven(options: object, task: Task): number | undefined {
  const given = Object.entries(options).filter(([name]) => allOptions.includes(name))
  const foreign = given.find(([name]) => name !== optionOf(task))
  if (foreign)
    throw new ConfigError(
      `calibrate: ${foreign[0]} is given, but this run of ${task.name} is judged by ${task.measures[0].title}. Give ${optionOf(task)}.`,
    )
  const value: unknown = given[0]?.[1]
  return typeof value === 'number' ? value : undefined
}
