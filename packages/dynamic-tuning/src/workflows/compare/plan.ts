import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { checkSettings } from '../check-settings.ts'
import {
  checkFinetune,
  definedOnly,
  type FinetuneInput,
  type FinetuneSettings,
  finetuneKeys,
} from '../finetune-settings.ts'

/** Any settings of `finetune`. */
export type SomeSettings = { readonly [K in keyof FinetuneSettings]?: FinetuneSettings[K] | undefined }

/** What a comparison is asked for: cases, or methods and rates that make cases, and settings that all runs share. */
export interface CompareInput extends SomeSettings {
  /** Default `defaultMethods`. */
  readonly methods?: readonly string[] | undefined
  /** Shares of active tokens: a case of its own for each, of methods that dispatch. Default the method's own rate. */
  readonly rates?: readonly number[] | undefined
  /** Named cases, each with the settings in which it differs from the others. */
  readonly cases?: readonly ({ readonly name: string } & SomeSettings)[] | undefined
  /** How many seeds every case runs with, from `seed` on, or the seeds themselves. Default 1. */
  readonly seeds?: number | readonly number[] | undefined
}

/** One case: a method with its settings, run once for every seed. */
export interface CompareCase {
  readonly name: string
  /** The name as a folder below the comparison's `cases`. */
  readonly folder: string
  readonly method: string
  /** In what it differs from the other cases, the method aside. */
  readonly settings: SomeSettings
  /** Everything a run of it is asked for, the seed aside. */
  readonly input: FinetuneInput
}

/** What is to be run. */
export interface ComparePlan {
  readonly data: string
  readonly seeds: readonly number[]
  readonly cases: readonly CompareCase[]
}

/** Names of all settings of a comparison. */
export const compareKeys: readonly string[] = ['methods', 'rates', 'cases', 'seeds', ...finetuneKeys]

/** Settings that decide what a comparison is about, or are shared out: no case has its own. */
const sharedKeys = ['data', 'seed', 'threads', 'workers'] as const

/** What is compared where nothing is said. */
export const defaultMethods: readonly string[] = ['linear', 'full', 'adaptformer', 'dyt']

const some = 'give at least one'
const shape = {
  ...Object.fromEntries(finetuneKeys.map((key) => [key, z.unknown().optional()])),
  data: z.string().min(1),
  methods: z.array(z.string()).min(1, some).optional(),
  rates: z.array(z.number()).min(1, some).optional(),
  cases: z
    .array(z.looseObject({ name: z.string().trim().min(1) }))
    .min(1, some)
    .optional(),
  seeds: z.unknown().optional(),
}
const schema = z.strictObject(shape) as z.ZodType<CompareInput & { readonly data: string }>

/**
 * The cases and seeds of a comparison, every setting checked.
 * @throws ConfigError for unknown methods and settings, values out of range, cases of one name and empty lists
 */
export function planComparison(given: unknown): ComparePlan {
  const {
    methods,
    rates,
    cases,
    seeds = 1,
    seed,
    ...common
  } = checkSettings('compare', definedOnly(given as object), schema, compareKeys)
  if (cases && (methods || rates))
    throw new ConfigError(
      `compare: both cases and ${methods ? 'methods' : 'rates'} are given. Leave one out; a case has its own method and rate.`,
    )
  if (!cases && common.method !== undefined)
    throw new ConfigError('compare: method is given. Name what is compared in methods, or in cases.')
  const named = cases ?? casesOf(methods ?? defaultMethods, rates ?? [common.rate], common)
  const planned = named.map((each) => planCase(each, common))
  checkNames(planned)
  return { data: common.data, seeds: seedsOf(seeds, seed ?? 0), cases: planned }
}

function casesOf(
  methods: readonly string[],
  rates: readonly (number | undefined)[],
  common: SomeSettings,
): NonNullable<CompareInput['cases']> {
  return methods.flatMap((method) => {
    const tuner = tunerNamed(method)
    const { dispatch = tuner.defaults.dispatch } = common
    if (dispatch === 'none') return [{ name: method, method }]
    return rates.map((asked) => {
      const rate = asked ?? tuner.defaults.rate
      return { name: `${method} r=${rate}`, method, rate }
    })
  })
}

function planCase(
  { name, ...own }: { readonly name: string } & SomeSettings,
  common: SomeSettings & { readonly data: string },
): CompareCase {
  const where = `compare: case "${name}"`
  for (const key of sharedKeys)
    if (own[key] !== undefined)
      throw new ConfigError(`${where} has its own ${key}. Set it once, for the whole comparison.`)
  try {
    const input = checkFinetune(definedOnly({ ...common, ...own }))
    const { method = 'dyt' } = input
    const { method: _method, ...settings } = own
    return { name, folder: folderOf(name), method, settings, input: { ...input, method } }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`${where}: ${error.message.replace(/^finetune: /, '')}`)
  }
}

/** `dyt r=0.5` is `dyt-r0.5`. */
function folderOf(name: string): string {
  const safe = name.replaceAll('=', '').replace(/[^\p{L}\p{N}._+-]+/gu, '-')
  return safe.slice(0, 100).replace(/^[.-]+|[.-]+$/g, '') || 'case'
}

function checkNames(cases: readonly CompareCase[]): void {
  const seen = new Map<string, CompareCase>()
  for (const each of cases) {
    // Some file systems do not tell capitals from small letters.
    const key = each.folder.toLowerCase()
    const other = seen.get(key)
    if (other)
      throw new ConfigError(
        other.name === each.name
          ? `compare: two cases are called "${each.name}". Give each a name of its own.`
          : `compare: the cases "${other.name}" and "${each.name}" would share the folder ${each.folder}. Rename one.`,
      )
    seen.set(key, each)
  }
}

const seedList = z.array(z.int().min(0)).min(1)
const seedCount = z.int().min(1)

function seedsOf(seeds: unknown, first: unknown): readonly number[] {
  const [count, list] = [seedCount.safeParse(seeds), seedList.safeParse(seeds)]
  if (list.success && new Set(list.data).size === list.data.length) return list.data
  if (count.success) return Array.from({ length: count.data }, (_, i) => Number(first) + i)
  throw new ConfigError(
    `compare: seeds is ${JSON.stringify(seeds)}. Give how many, such as 3, or a list of different whole numbers.`,
  )
}
