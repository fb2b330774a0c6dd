import { Option } from 'commander'
import { ConfigError, type Task } from 'dynamic-tuning'
import { tasks } from 'dynamic-tuning/tasks'
import { number } from './numbers.ts'

/** Name of the option for the allowed loss of a task's primary measure: `meanIouDrop`. */
const optionOf = ({ measures: [{ name }] }: Task): string => `${name}Drop`

/** An option for the primary measure of each task, such as `--mean-iou-drop`. */
export function dropFlags(): Option[] {
  const names = new Set(tasks.map(optionOf))
  return [...names].map((name) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const help = 'find the cheapest that loses at most so many points'
    return new Option(`--${flag} <points>`, help).argParser(number(0, 100))
  })
}

/**
 * The allowed loss in points for a run's task. @throws ConfigError if it is given for another task's measure
 */
export function dropGiven(options: object, task: Task): number | undefined {
  const given = Object.entries(options).filter(([name]) => tasks.some((each) => optionOf(each) === name))
  const foreign = given.find(([name]) => name !== optionOf(task))
  if (foreign)
    throw new ConfigError(
      `calibrate: ${foreign[0]} is given, but ${task.name} is judged by ${task.measures[0].title}. Give ${optionOf(task)}.`,
    )
  const value: unknown = given[0]?.[1]
  return typeof value === 'number' ? value : undefined
}
