import { expect, it } from 'vitest'
import { ConfigError } from '../errors.ts'
import { taskNamed } from '../tasks/registry.ts'
import { answerSettings, withAnswerSettings } from './answer-settings.ts'
import type { TunedModel } from './tuned-run.ts'

const model = (task: string, settings: object) => ({ task: taskNamed(task), settings }) as TunedModel

it('replaces settings of answers only, and leaves those that are not given', () => {
  expect(Object.keys(answerSettings)).toContain('labelThreshold')
  const several = model('multilabel', { labelThreshold: 0.5, seed: 3 })
  const { settings } = withAnswerSettings(several, { labelThreshold: 0.2, seed: 4 })
  expect(settings).toEqual({ labelThreshold: 0.2, seed: 3 })
  expect(withAnswerSettings(several, { labelThreshold: undefined }).settings).toEqual(several.settings)
  expect(several.settings).toEqual({ labelThreshold: 0.5, seed: 3 })
})

it('refuses settings that the task does not have', () => {
  const one = () => withAnswerSettings(model('classification', {}), { labelThreshold: 0.2 })
  expect(one).toThrow(ConfigError)
  expect(one).toThrow('run: labelThreshold is 0.2, but classification does not read it. Leave it out.')
})
