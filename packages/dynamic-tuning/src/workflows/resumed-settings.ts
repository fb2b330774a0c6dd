import { ConfigError } from '../errors.ts'
import {
  checkFinetune,
  definedOnly,
  type FinetuneInput,
  type FinetuneSettings,
  finetuneKeys,
} from './finetune-settings.ts'
import { located } from './prepare-run.ts'

/** Settings of how, not of what: they may change when a run goes on (threads may change the last bits). */
const free = ['threads', 'workers', 'device']

/** The saved settings of a run that goes on. @throws ConfigError where one is given that differs */
export function resumedSettings(saved: FinetuneSettings, input: Partial<FinetuneInput>): FinetuneSettings {
  const given = checkFinetune({ ...saved, ...definedOnly(input) })
  const wanted = { ...saved, ...located(given) } as FinetuneSettings
  for (const key of finetuneKeys as readonly (keyof FinetuneSettings)[])
    if (!free.includes(key) && JSON.stringify(wanted[key]) !== JSON.stringify(saved[key]))
      throw new ConfigError(
        `resume: the run was started with ${key} ${JSON.stringify(saved[key])}, got ${JSON.stringify(wanted[key])}. Leave the setting out, or start a new run.`,
      )
  return wanted
}
