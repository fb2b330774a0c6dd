import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import {
  checkFinetune,
  definedOnly,
  type FinetuneInput,
  finetuneKeys,
} from '../../run/settings/finetune-settings.ts'
import { subnetModules, supernetOptions } from '../../tuners/noah-supernet.ts'
import type { EvolutionSettings } from './evolve.ts'
import { publishedSizes } from './space.ts'

/** The evolution's settings but for the seed, and the sizes to choose from. */
export interface SearchSettings extends Omit<EvolutionSettings, 'seed'> {
  /** Sizes of a module in a layer. */
  readonly sizes: readonly number[]
}

/** What a search is asked for: the data, how to search, and how to train the super-network. */
export type NoahSearchInput = { readonly [K in keyof SearchSettings]?: SearchSettings[K] | undefined } & {
  readonly data: string
} & { readonly [K in Exclude<keyof FinetuneInput, 'data'>]?: FinetuneInput[K] }

/** What is to be done, every setting of the search decided. */
export interface SearchPlan {
  readonly search: SearchSettings
  /** The super-network's training, as a run of `finetune`. */
  readonly supernet: FinetuneInput
  /** What was asked for with the defaults that matter, as it is saved and compared on resuming. */
  readonly asked: NoahSearchInput
}

const count = z.int().min(1)
const chance = z.number().min(0).max(1)
const shape = {
  limit: z.number().positive().optional(),
  sizes: z.array(count.max(65_536)).min(1).readonly().optional(),
  population: count.optional(),
  rounds: count.optional(),
  best: count.optional(),
  mutants: z.int().min(0).optional(),
  crossovers: z.int().min(0).optional(),
  moduleChance: chance.optional(),
  depthChance: chance.optional(),
}

/** Names of the settings that only the search has. */
export const searchKeys: readonly string[] = Object.keys(shape)
/** Names of all settings of a search. */
export const noahSearchKeys: readonly string[] = [...searchKeys, ...finetuneKeys]

const schema = z.strictObject({
  ...Object.fromEntries(finetuneKeys.map((key) => [key, z.unknown().optional()])),
  data: z.string().min(1),
  ...shape,
}) as unknown as z.ZodType<NoahSearchInput>

/** Settings of `finetune` that the search decides itself. */
const decided = [...subnetModules, 'superDim', 'split'] as const

/** The super-network's training in the paper: AdamW at 5e-4. */
const supernetDefaults = { epochs: 500, batch: 64, learningRate: 5e-4, weightDecay: 1e-4 }

/** Checks what a search is asked for. @throws ConfigError naming unknown settings, those out of range or not for a search */
export function planSearch(given: unknown): SearchPlan {
  const input = checkSettings('noah-search', definedOnly(given as object), schema, noahSearchKeys)
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
  const { population = 50, limit = 0.64e6, sizes = publishedSizes, rounds = 15 } = input
  const { moduleChance = 0.2, depthChance = 0.4 } = input
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
