import { ConfigError } from '../../errors.ts'
import { defaultsOf } from '../../setting.ts'
import { taskSettings } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'
import { generalSettings } from './finetune-settings.ts'

const defaults: Readonly<Record<string, unknown>> = defaultsOf(generalSettings)

/** @throws ConfigError for a setting that the task does not use; `where` begins the message */
export function checkTaskSettings(
  { name, settings = {}, unused = [] }: Pick<Task, 'name' | 'settings' | 'unused'>,
  given: object,
  where = 'finetune',
): void {
  const isForeign = (key: string, value: unknown): boolean =>
    value !== undefined &&
    ((key in taskSettings && !(key in settings)) || (unused.includes(key) && value !== defaults[key]))
  const foreign = Object.entries(given).find(([key, value]) => isForeign(key, value))
  if (foreign !== undefined)
    throw new ConfigError(
      `${where}: ${foreign[0]} is ${JSON.stringify(foreign[1])}, but ${name} does not read it. Leave it out.`,
    )
}
