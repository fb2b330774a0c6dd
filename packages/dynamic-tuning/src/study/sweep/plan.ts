import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import {
  finetuneKeys,
  finetuneSettings,
  isSettingValue,
  type SomeSettings,
} from '../../run/settings/finetune-settings.ts'
import { uncheckedShapeOf } from '../../setting.ts'
import { checkNames, type NamedSettings, planCase, type RunCase } from '../pool/run-case.ts'
import { seedsOf } from '../pool/seeds.ts'
import { expandGrid, type Grid, nameOf } from './expand-grid.ts'
import { checkMetric } from './rank-by.ts'

/** Input of a sweep. */
export interface SweepInput {
  /** Settings of `finetune` that all runs share; a list that is not a valid value is tried value by value. */
  readonly [setting: string]: unknown
  /** Values to try, by setting: every combination is a case. */
  readonly grid?: Grid | undefined
  /** Combinations of the grid to leave out. */
  readonly exclude?: readonly SomeSettings[] | undefined
  /** Further cases, beside the grid; `name` is optional. */
  readonly include?: readonly ({ readonly name?: string } & SomeSettings)[] | undefined
  /** Number of seeds per case, counted from `seed`, or a list of seeds. Default 1. */
  readonly seeds?: number | readonly number[] | undefined
  /** The measure or cost that cases are ordered by. Default the task's primary measure. */
  readonly metric?: string | undefined
}

/** Cases and seeds to run. */
export interface SweepPlan {
  readonly seeds: readonly number[]
  readonly cases: readonly RunCase[]
  /** The measure or cost that was asked for. */
  readonly metric?: string
  /** Settings in which cases differ, in the order in which they were named. */
  readonly axes: readonly string[]
  /** Settings that all cases share. */
  readonly common: SomeSettings
}

/** Names of all settings of a sweep, in a file. */
export const sweepKeys: readonly string[] = ['grid', 'exclude', 'include', 'seeds', 'metric', ...finetuneKeys]

/** Settings that belong to the whole sweep, not to a case. */
const sharedKeys = ['seed', 'threads', 'workers'] as const

const values = z.record(z.string(), z.array(z.unknown()).min(1, 'give at least one value'))
const settings = uncheckedShapeOf(finetuneSettings)
const schema = z.strictObject({
  ...settings,
  grid: values.optional(),
  exclude: z.array(z.looseObject(settings)).optional(),
  include: z.array(z.looseObject({ ...settings, name: z.string().trim().min(1).optional() })).optional(),
  seeds: z.custom<number | readonly number[]>().optional(),
  metric: z.string().optional(),
})

/**
 * Checks the input of a sweep and returns its cases and seeds.
 * @throws ConfigError for unknown settings (with a suggestion), values out of range, and nothing to
 * vary
 */
export function planSweep(given: unknown): SweepPlan {
  const asked = checkSettings('sweep', given, schema, sweepKeys)
  const { grid = {}, exclude = [], include = [], seeds = 1, metric, seed, ...rest } = asked
  const lists = Object.entries(rest).flatMap(([key, value]) =>
    isAxis(key, value) ? [[key, value] as const] : [],
  )
  const axes: Grid = { ...Object.fromEntries(lists), ...grid }
  for (const [key, list] of Object.entries(axes)) checkAxis(key, list)
  const common = Object.fromEntries(Object.entries(rest).filter(([key, value]) => !isAxis(key, value)))
  if (Object.keys(axes).length === 0 && include.length === 0)
    throw new ConfigError(
      'sweep: nothing varies. Give lists of values in grid, such as rate: [0.3, 0.5, 0.7], or cases in include.',
    )
  const combined = Object.keys(axes).length > 0 ? expandGrid(axes, exclude) : []
  const further: readonly ({ readonly name?: string | undefined } & SomeSettings)[] = [
    ...combined,
    ...include,
  ]
  const named = further.map(({ name, ...own }) => ({ ...own, name: name ?? nameOf(own) }))
  const cases = named.map((each) => planOwn(each, common))
  checkNames('sweep', cases)
  const own = new Set(named.flatMap(({ name: _name, ...each }) => Object.keys(each)))
  return {
    seeds: seedsOf('sweep', seeds, seed ?? 0),
    cases,
    ...(metric !== undefined && { metric: checkMetric(metric) }),
    axes: methodFirst(own),
    common,
  }
}

/** True for a list that is not a valid value of its setting. */
function isAxis(key: string, value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && !isSettingValue(key, value)
}

function checkAxis(key: string, list: readonly unknown[]): void {
  const texts = list.map((value) => JSON.stringify(value))
  const twice = texts.find((text, i) => texts.indexOf(text) < i)
  if (list.length === 0) throw new ConfigError(`sweep: ${key} is []: give at least one value.`)
  if (twice !== undefined) throw new ConfigError(`sweep: ${key} has the value ${twice} twice. Leave one out.`)
}

function planOwn(own: NamedSettings, common: SomeSettings): RunCase {
  const shared = sharedKeys.find((key) => own[key] !== undefined)
  if (shared !== undefined)
    throw new ConfigError(
      `sweep: the case "${own.name}" has its own ${shared}. ${shared === 'seed' ? 'Give seeds' : `Set ${shared} once`}, for the whole sweep.`,
    )
  if (own.data === undefined && common.data === undefined)
    throw new ConfigError(
      'sweep: data is missing. Name a folder with one folder of images per class as data.',
    )
  return planCase('sweep', own, common)
}

function methodFirst(axes: ReadonlySet<string>): string[] {
  return [...axes].sort((a, b) => Number(b === 'method') - Number(a === 'method'))
}
