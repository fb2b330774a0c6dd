import { taskSettings } from '../tasks/registry.ts'
import { checkTaskSettings } from './settings/check-task.ts'
import { definedOnly } from './settings/defined-only.ts'
import type { TunedModel } from './tuned-run.ts'

/** Settings of tasks that change answers and not what is learned, by name. */
export const answerSettings = Object.fromEntries(
  Object.entries(taskSettings).filter(([, { ofAnswers }]) => ofAnswers === true),
)

/**
 * The model with other `answerSettings` than it was trained with.
 * @throws ConfigError for a setting that its task does not have
 */
export function withAnswerSettings<M extends TunedModel>(model: M, given: object): M {
  const names = Object.keys(answerSettings)
  const own = Object.fromEntries(Object.entries(definedOnly(given)).filter(([name]) => names.includes(name)))
  checkTaskSettings(model.task, own, 'run')
  return { ...model, settings: { ...model.settings, ...own } }
}
