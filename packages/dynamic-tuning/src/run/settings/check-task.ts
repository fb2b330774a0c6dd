import { ConfigError } from '../../errors.ts'
import { taskSettings } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'

/** @throws ConfigError for a setting that only other tasks have; `where` begins the message */
export function checkTaskSettings(
  { name, settings = {} }: Pick<Task, 'name' | 'settings'>,
  given: object,
  where = 'finetune',
): void {
  const foreign = Object.entries(given).find(
    ([key, value]) => value !== undefined && key in taskSettings && !(key in settings),
  )
  if (foreign !== undefined)
    throw new ConfigError(
      `${where}: ${foreign[0]} is ${JSON.stringify(foreign[1])}, but ${name} does not read it. Leave it out.`,
    )
}
