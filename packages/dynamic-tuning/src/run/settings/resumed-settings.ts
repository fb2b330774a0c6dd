import { ConfigError } from '../../errors.ts'
import { located } from '../prepare-run.ts'
import {
  checkFinetune,
  definedOnly,
  type FinetuneInput,
  type FinetuneSettings,
  finetuneKeys,
} from './finetune-settings.ts'

/** Settings of how, not of what: they may change when a run goes on (threads may change the last bits). */
const free = ['threads', 'workers', 'device', 'recompute']

/** The saved settings of a run that goes on. @throws ConfigError where one is given that differs */
export function resumedSettings(saved: FinetuneSettings, input: Partial<FinetuneInput>): FinetuneSettings {
  const given = checkFinetune({ ...saved, ...definedOnly(input) })
  const wanted = { ...saved, ...located(given) } as FinetuneSettings
  const key = differingSetting(saved, wanted)
  if (key === undefined) return wanted
  throw new ConfigError(
    `resume: the run was started with ${key} ${JSON.stringify(saved[key])}, got ${JSON.stringify(wanted[key])}. Leave the setting out, or start a new run.`,
  )
}

/** The first setting that makes two runs different ones; undefined where they are the same run. */
export function differingSetting(
  saved: FinetuneSettings,
  wanted: FinetuneSettings,
): keyof FinetuneSettings | undefined {
  const keys = finetuneKeys as readonly (keyof FinetuneSettings)[]
  return keys.find((key) => !free.includes(key) && JSON.stringify(wanted[key]) !== JSON.stringify(saved[key]))
}
