import { ConfigError } from '../../errors.ts'
import { tasks } from '../../tasks/registry.ts'
import { located } from '../prepare-run.ts'
import { checkFinetune } from './check-finetune.ts'
import { definedOnly } from './defined-only.ts'
import { type FinetuneInput, type FinetuneSettings, finetuneKeys } from './finetune-settings.ts'

/**
 * Settings that may change on resuming: they decide how a run computes, not what. `threads` may change
 * the last bits.
 */
const free = ['threads', 'workers', 'device', 'recompute']

/** The saved settings of a resumed run. @throws ConfigError if a given one differs */
export function resumedSettings(saved: FinetuneSettings, input: Partial<FinetuneInput>): FinetuneSettings {
  const changes = definedOnly(input)
  const { data, model } = located(checkFinetune({ ...saved, ...changes }))
  const wanted: FinetuneSettings = { ...saved, ...changes, data, ...(model !== undefined && { model }) }
  const key = differingSetting(saved, wanted)
  if (key === undefined) return { ...wanted, task: saved.task }
  throw new ConfigError(
    `resume: the run was started with ${key} ${textOf(saved, key)}, got ${textOf(wanted, key)}. Leave the setting out, or start a new run.`,
  )
}

/** The first setting that makes two runs different; undefined if they are the same run. */
export function differingSetting(saved: FinetuneSettings, wanted: FinetuneSettings): string | undefined {
  return finetuneKeys.find((key) => !free.includes(key) && textOf(saved, key) !== textOf(wanted, key))
}

/** A setting as JSON; a task that is not named is the default one. */
export function textOf(settings: FinetuneSettings, key: string): string | undefined {
  const values: Readonly<Record<string, unknown>> = { ...settings, task: settings.task ?? tasks[0].name }
  return JSON.stringify(values[key])
}
