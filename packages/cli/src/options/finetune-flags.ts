import type { Option } from 'commander'
import type { GivenReduction } from 'dynamic-tuning'
import { reductionOptions } from 'dynamic-tuning/models'
import { finetuneSettings } from 'dynamic-tuning/settings'
import { type OwnWords, optionOf, optionsOf } from './setting-option.ts'

/** Names of the settings of `finetune`. */
export type FinetuneName = keyof typeof finetuneSettings

/** A new flag for a setting of `finetune`; `own` replaces parts of its help. */
export function finetuneFlag(name: FinetuneName, own?: OwnWords): Option {
  return optionOf(name, finetuneSettings[name], own)
}

/** New flags for some settings of `finetune`. */
export function someFinetuneFlags(names: readonly FinetuneName[]): Option[] {
  return names.map((name) => finetuneFlag(name))
}

/** New flags for all settings of `finetune` except `others` and the common options. */
export function finetuneFlagsBut(others: readonly string[]): Option[] {
  const { seed: _seed, threads: _threads, device: _device, ...own } = finetuneSettings
  return optionsOf(own).filter((option) => !others.includes(option.attributeName()))
}

/** New flags for token reduction. */
export function reductionFlags(): Option[] {
  return finetuneFlagsBut([]).filter((option) => option.attributeName() in reductionOptions())
}

/** The options of token reduction that were given; undefined if there are none. */
export function reductionGiven(options: GivenReduction): GivenReduction | undefined {
  const names = Object.keys(reductionOptions())
  const known = Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined)
  return known.length === 0 ? undefined : Object.fromEntries(known)
}
