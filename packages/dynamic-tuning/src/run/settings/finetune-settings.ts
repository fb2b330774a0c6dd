import { z } from 'zod'
import type { ReductionOptions } from '../../reduction/options.ts'
import * as setting from '../../setting.ts'
import { taskSettings } from '../../tasks/registry.ts'
import { methodOptions } from '../../tuners/method-options.ts'
import type { TunerOptions } from '../../tuners/options.ts'
import { type ClipRunSettings, clipSettings } from './clip-settings.ts'
import { dataSettings } from './data-settings.ts'
import { dispatchSettings } from './dispatch-settings.ts'
import { imageSettings } from './image-settings.ts'
import { commonSettings, machineSettings } from './machine-settings.ts'
import { backboneSettings, startSettings } from './model-settings.ts'
import { reductionSettings, shrinkSettings } from './reduction-settings.ts'
import { scheduleSettings } from './schedule-settings.ts'

/** The settings of a run with any task. */
export const generalSettings = {
  ...startSettings,
  ...dispatchSettings,
  ...methodOptions,
  ...reductionSettings,
  ...shrinkSettings,
  ...clipSettings,
  ...backboneSettings,
  ...scheduleSettings,
  ...imageSettings,
  ...dataSettings,
  ...machineSettings,
  ...commonSettings,
} satisfies setting.SettingsFor<TunerOptions & ReductionOptions & ClipRunSettings>

/** Every setting of a fine-tuning run, in the order of its help. */
export const finetuneSettings = { ...generalSettings, ...taskSettings }

/** Everything that decides a fine-tuning run; plain JSON, saved in the run's `config.json`. */
export type FinetuneSettings = setting.ValuesOf<typeof generalSettings> & setting.SomeOf<typeof taskSettings>

/** Some settings of a run; absent or undefined ones get their defaults. */
export type SomeSettings = setting.SomeOf<typeof finetuneSettings>

/** Input of a run: the data, and all settings that differ from the defaults. */
export type FinetuneInput = { readonly data: string } & Omit<SomeSettings, 'data'>

/** Names of all settings. */
export const finetuneKeys: readonly string[] = Object.keys(finetuneSettings)

/** Checks each setting of a run; `checkFinetune` checks combinations. */
export const finetuneSchema: z.ZodType<FinetuneInput> = z.strictObject({
  ...setting.shapeOf(finetuneSettings),
  data: startSettings.data.schema,
})

/** True if the value is valid for the setting; false for unknown settings. */
export function isSettingValue(name: string, value: unknown): boolean {
  const known: setting.Settings = finetuneSettings
  return known[name]?.schema.safeParse(value).success ?? false
}
