import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import { finetuneKeys, finetuneSettings, type SomeSettings } from '../../run/settings/finetune-settings.ts'
import { uncheckedShapeOf } from '../../setting.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { checkNames, type NamedSettings, planCase, type RunCase } from '../pool/run-case.ts'
import { seedsOf } from '../pool/seeds.ts'

/** Input of a comparison: cases, or methods and rates that make cases, and settings that all runs share. */
export interface CompareInput extends SomeSettings {
  /** Default `defaultMethods`. */
  readonly methods?: readonly string[] | undefined
  /** Shares of active tokens; methods with dispatch get one case per rate. Default the method's rate. */
  readonly rates?: readonly number[] | undefined
  /** Named cases, each with the settings in which it differs from the others. */
  readonly cases?: readonly NamedSettings[] | undefined
  /** Number of seeds per case, counted from `seed`, or a list of seeds. Default 1. */
  readonly seeds?: number | readonly number[] | undefined
}

/** Cases and seeds to run. */
export interface ComparePlan {
  readonly data: string
  readonly seeds: readonly number[]
  readonly cases: readonly RunCase[]
}

/** Names of all settings of a comparison. */
export const compareKeys: readonly string[] = ['methods', 'rates', 'cases', 'seeds', ...finetuneKeys]

/** Settings that belong to the whole comparison, not to a case. */
const sharedKeys = ['data', 'seed', 'threads', 'workers'] as const

/** Methods compared by default. */
export const defaultMethods: readonly string[] = ['linear', 'full', 'adaptformer', 'dyt']

const some = 'give at least one'
const settings = uncheckedShapeOf(finetuneSettings)
const schema = z.strictObject({
  ...settings,
  data: z.string().min(1),
  methods: z.array(z.string()).min(1, some).optional(),
  rates: z.array(z.number()).min(1, some).optional(),
  cases: z
    .array(z.looseObject({ ...settings, name: z.string().trim().min(1) }))
    .min(1, some)
    .optional(),
  seeds: z.custom<CompareInput['seeds']>().optional(),
})

/**
 * Checks the input of a comparison and returns its cases and seeds.
 * @throws ConfigError for unknown methods and settings, values out of range, duplicate case names
 * and empty lists
 */
export function planComparison(given: unknown): ComparePlan {
  const {
    methods,
    rates,
    cases,
    seeds = 1,
    seed,
    ...common
  } = checkSettings('compare', given, schema, compareKeys)
  if (cases && (methods || rates))
    throw new ConfigError(
      `compare: both cases and ${methods ? 'methods' : 'rates'} are given. Leave one out; a case has its own method and rate.`,
    )
  if (!cases && common.method !== undefined)
    throw new ConfigError('compare: method is given. Name what is compared in methods, or in cases.')
  const named = cases ?? casesOf(methods ?? defaultMethods, rates ?? [common.rate], common)
  for (const each of named) checkOwn(each)
  const planned = named.map((each) => planCase('compare', each, common))
  checkNames('compare', planned)
  return { data: common.data, seeds: seedsOf('compare', seeds, seed ?? 0), cases: planned }
}

function casesOf(
  methods: readonly string[],
  rates: readonly (number | undefined)[],
  common: SomeSettings,
): readonly NamedSettings[] {
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

function checkOwn({ name, ...own }: NamedSettings): void {
  for (const key of sharedKeys)
    if (own[key] !== undefined)
      throw new ConfigError(
        `compare: case "${name}" has its own ${key}. Set it once, for the whole comparison.`,
      )
}
