import { ConfigError } from '../../errors.ts'
import type { SomeSettings } from '../../run/settings/finetune-settings.ts'

/** Values to try, by setting. */
export type Grid = Readonly<Record<string, readonly unknown[]>>

/** Upper limit of cases, to catch mistakes. */
const mostCases = 10_000

/**
 * All combinations of the grid's values, the last setting changing fastest, without those that
 * match all settings of an `exclude` entry.
 * @throws ConfigError if there are too many, or `exclude` removes all or matches none
 */
export function expandGrid(grid: Grid, exclude: readonly SomeSettings[] = []): SomeSettings[] {
  const axes = Object.entries(grid)
  const count = axes.reduce((product, [, values]) => product * values.length, 1)
  if (count > mostCases)
    throw new ConfigError(
      `sweep: the grid has ${count} cases, ${mostCases} are the most. Leave some values out.`,
    )
  const all = axes.reduce<Record<string, unknown>[]>(
    (cases, [key, values]) => cases.flatMap((each) => values.map((value) => ({ ...each, [key]: value }))),
    [{}],
  )
  for (const rule of exclude) checkRule(rule, all)
  const kept = all.filter((each) => !exclude.some((rule) => agrees(each, rule)))
  if (kept.length === 0) throw new ConfigError('sweep: exclude leaves no case of the grid. Exclude less.')
  return kept
}

function agrees(each: Readonly<Record<string, unknown>>, rule: SomeSettings): boolean {
  return Object.entries(rule).every(([key, value]) => JSON.stringify(each[key]) === JSON.stringify(value))
}

function checkRule(rule: SomeSettings, all: readonly Readonly<Record<string, unknown>>[]): void {
  if (Object.keys(rule).length > 0 && all.some((each) => agrees(each, rule))) return
  throw new ConfigError(
    `sweep: exclude names ${JSON.stringify(rule)}, which is no case of the grid. Check its settings, or leave it out.`,
  )
}

/** Name of a case from its settings: `dyt, rate 0.5, learningRate 0.001`. */
export function nameOf(settings: SomeSettings): string {
  const { method, ...rest } = settings
  const words = Object.entries(rest).map(([key, value]) => `${key} ${valueText(value)}`)
  return [...(method === undefined ? [] : [method]), ...words].join(', ') || 'defaults'
}

/** Text of a value. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join('x') : JSON.stringify(value)
}
