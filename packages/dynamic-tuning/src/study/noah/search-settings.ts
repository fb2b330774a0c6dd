import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { checkFinetune } from '../../run/settings/check-finetune.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import { type FinetuneInput, finetuneKeys, finetuneSettings } from '../../run/settings/finetune-settings.ts'
import * as setting from '../../setting.ts'
import { subnetModules, supernetOptions } from '../../tuners/noah-supernet.ts'
import type { EvolutionSettings } from './evolve.ts'
import { publishedSizes } from './space.ts'

const chance = { least: 0, most: 1, argument: '<share>', fileOnly: true }

/** The settings that only a search has, in the order of its help; the defaults are the paper's. */
export const searchSettings = {
  limit: setting.number({
    default: 0.64e6,
    above: 0,
    help: 'most parameters, the head excluded',
    argument: '<n>',
    usual: '0.64e6',
  }),
  /** Of a module in a layer. */
  sizes: setting.wholes({
    default: publishedSizes,
    least: 1,
    most: 65_536,
    help: 'sizes of a module in a layer',
    argument: '<n,...>',
  }),
  population: setting.whole({ default: 50, least: 1, help: 'sub-networks of a round', argument: '<n>' }),
  rounds: setting.whole({ default: 15, least: 1, help: 'rounds of the evolution', argument: '<n>' }),
  best: setting.whole({
    least: 1,
    help: 'sub-networks that the next round is made of',
    argument: '<n>',
    usual: 'a fifth',
  }),
  mutants: setting.whole({ help: 'mutants of a round', argument: '<n>', usual: 'half' }),
  crossovers: setting.whole({ help: 'crossovers of a round', argument: '<n>', usual: 'half' }),
  moduleChance: setting.number({
    default: 0.2,
    ...chance,
    help: 'chance that a mutant changes a type of module',
  }),
  depthChance: setting.number({
    default: 0.4,
    ...chance,
    help: 'chance that this changes in how many layers it is',
  }),
} satisfies setting.SettingsFor<Omit<EvolutionSettings, 'seed'> & { readonly sizes: readonly number[] }>

/** Settings of the evolution without the seed, and the sizes to choose from. */
export type SearchSettings = setting.ValuesOf<typeof searchSettings>

const { epochs, learningRate, weightDecay, validationImages, ...others } = finetuneSettings

/** Every setting of a search: its own, and those that train the super-network. */
export const noahSearchSettings = {
  ...others,
  ...searchSettings,
  validationImages: { ...validationImages, help: 'the most to evaluate on', fileOnly: false },
  epochs: { ...epochs, default: 500, help: 'of the super-network' },
  learningRate: { ...learningRate, default: 5e-4, help: 'peak of its schedule', usual: '0.0005' },
  weightDecay,
}

/** Input of a search: data, settings of the search, and settings for training the super-network. */
export type NoahSearchInput = FinetuneInput & setting.SomeOf<typeof searchSettings>

/** A search with all settings resolved. */
export interface SearchPlan {
  readonly search: SearchSettings
  /** Training of the super-network, as input of `finetune`. */
  readonly supernet: FinetuneInput
  /** The given settings and relevant defaults, saved and compared on resuming. */
  readonly asked: NoahSearchInput
}

/** Names of the settings that only the search has. */
export const searchKeys: readonly string[] = Object.keys(searchSettings)
/** Names of all settings of a search. */
export const noahSearchKeys: readonly string[] = [...searchKeys, ...finetuneKeys]

const schema: z.ZodType<NoahSearchInput> = z.strictObject({
  ...setting.uncheckedShapeOf(finetuneSettings),
  data: finetuneSettings.data.schema,
  ...setting.shapeOf(searchSettings),
})

/** Settings of `finetune` that the search sets itself. */
const decided = [...subnetModules, 'superDim', 'split'] as const

/** The super-network's training in the paper: AdamW at 5e-4. */
const supernetDefaults = {
  epochs: noahSearchSettings.epochs.default,
  batch: noahSearchSettings.batch.default,
  dropLast: noahSearchSettings.dropLast.default,
  learningRate: noahSearchSettings.learningRate.default,
  weightDecay: noahSearchSettings.weightDecay.default,
}

/**
 * Checks the input of a search.
 * @throws ConfigError for settings that are unknown, out of range or not allowed for a search
 */
export function planSearch(given: unknown): SearchPlan {
  const input = checkSettings('noah-search', given, schema, noahSearchKeys)
  const { method = 'noah', dispatch = 'none' } = input
  if (method !== 'noah')
    throw new ConfigError(`noah-search: method is ${method}, but only noah is searched for. Leave it out.`)
  if (dispatch !== 'none')
    throw new ConfigError(
      `noah-search: dispatch is ${dispatch}, but the search skips no tokens. Give it when you tune the winner.`,
    )
  const key = decided.find((name) => input[name] !== undefined)
  if (key !== undefined)
    throw new ConfigError(
      `noah-search: ${key} is ${JSON.stringify(input[key])}, but the search decides it. Leave it out.`,
    )
  const search = completeSearch(input)
  const training = Object.entries(input).filter(([name]) => !searchKeys.includes(name))
  const asked = { ...supernetDefaults, ...Object.fromEntries(training), data: input.data }
  const fixed = { ...supernetOptions(Math.max(...search.sizes)), method: 'noah', split: 'search' }
  return { search, supernet: checkTraining({ ...asked, ...fixed }), asked: { ...asked, ...search } }
}

function completeSearch(input: NoahSearchInput): SearchSettings {
  const { population, ...more } = { ...setting.defaultsOf(searchSettings), ...definedOnly(input) }
  const { limit, sizes, rounds, moduleChance, depthChance } = more
  const { best = Math.ceil(population / 5), mutants = Math.floor(population / 2) } = input
  const { crossovers = Math.max(0, Math.min(population - mutants, Math.floor(population / 2))) } = input
  if (mutants + crossovers > population || best > population)
    throw new ConfigError(
      `noah-search: ${mutants} mutants and ${crossovers} crossovers of the best ${best} for a population of ${population}. Make it larger, or those smaller.`,
    )
  return { limit, sizes, population, rounds, best, mutants, crossovers, moduleChance, depthChance }
}

function checkTraining(input: unknown): FinetuneInput {
  try {
    return checkFinetune(input)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.message.replace(/^finetune: /, 'noah-search: '))
  }
}
