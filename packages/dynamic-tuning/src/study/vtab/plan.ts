import { join } from 'node:path'
import { z } from 'zod'
import type { VtabTask } from '../../data/kinds/vtab.ts'
import { ConfigError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import { finetuneKeys, finetuneSettings, type SomeSettings } from '../../run/settings/finetune-settings.ts'
import { uncheckedShapeOf } from '../../setting.ts'
import { checkNames, type NamedSettings, planCase, type RunCase } from '../pool/run-case.ts'
import { seedsOf } from '../pool/seeds.ts'
import { rowsOf, type VtabRowPlan } from './plan-rows.ts'
import { type TasksFound, tasksIn } from './tasks-in.ts'

/** Input of a run of VTAB-1K, beside settings of `finetune` that all tasks share. */
export interface VtabInput extends Omit<SomeSettings, 'data' | 'method'> {
  /** The folder that holds a folder with list files for each task. */
  readonly root?: string | undefined
  /** Names of tasks to run. Default all in the folder. */
  readonly tasks?: readonly string[] | undefined
  /** A method, or several that are compared. Default `dyt`. */
  readonly method?: string | readonly string[] | undefined
  /** Named cases instead of methods, each with the settings in which it differs from the others. */
  readonly cases?: readonly NamedSettings[] | undefined
  /** Number of seeds per task, counted from `seed`, or a list of seeds. Default 1. */
  readonly seeds?: number | readonly number[] | undefined
  /**
   * Adapter scales to choose from per task, on val200 after training on train800; `true`: 0.01,
   * 0.1, 1, 10. Methods without a scale are not searched.
   */
  readonly search?: boolean | readonly number[] | undefined
}

/** One task of one row. */
export interface VtabCell {
  readonly row: VtabRowPlan
  readonly task: VtabTask
}

/** Cases and seeds to run. */
export interface VtabPlan extends TasksFound {
  readonly root: string
  readonly seeds: readonly number[]
  /** Settings that all rows and tasks share. */
  readonly shared: SomeSettings
  /** Empty without search. */
  readonly scales: readonly number[]
  readonly rows: readonly VtabRowPlan[]
  /** Every task of every row, row by row. */
  readonly cells: readonly VtabCell[]
  /** The case of a cell, with the adapter scale that a search chose. */
  caseOf(cell: VtabCell, scale?: number): RunCase
  /** The case of one scale of a cell's search. */
  searchCaseOf(cell: VtabCell, scale: number): RunCase
}

const usualScales = [0.01, 0.1, 1, 10]

/** Names of all settings of a run of VTAB-1K. */
export const vtabKeys: readonly string[] = ['root', 'tasks', 'cases', 'search', 'seeds', ...finetuneKeys]

/** Settings that each task decides. */
const own = ['data', 'split', 'testOn']
const some = 'give at least one'
const settings = uncheckedShapeOf(finetuneSettings)
const schema = z.strictObject({
  ...settings,
  root: z.string().min(1),
  tasks: z.array(z.string()).min(1, some).optional(),
  method: z.union([z.string(), z.array(z.string()).min(1, some)]).optional(),
  cases: z
    .array(z.looseObject({ ...settings, name: z.string().trim().min(1) }))
    .min(1, some)
    .optional(),
  search: z.union([z.boolean(), z.array(z.number().positive()).min(1, 'give at least one scale')]).optional(),
  seeds: z.custom<VtabInput['seeds']>().optional(),
})

/**
 * Checks the input and returns what a study would run: each row on each task.
 * @throws ConfigError for unknown settings, methods and tasks; DataError if `root` holds no task
 */
export function planVtab(given: unknown): VtabPlan {
  const asked = checkSettings('vtab', given, schema, vtabKeys)
  const { root, tasks: names, search = false, seeds = 1, seed, method, cases, ...common } = asked
  for (const each of [common, ...(cases ?? [])]) checkOwn(each)
  const found = tasksIn(root, names)
  const scales = search === true ? usualScales : search === false ? [] : search
  const shared = Object.fromEntries(Object.entries(common).filter(([key]) => !own.includes(key)))
  const rows = rowsOf({ method, cases, scales })
  const cells = rows.flatMap((row) => found.tasks.map((task): VtabCell => ({ row, task })))
  const plan = ({ row, task }: VtabCell, more: SomeSettings, ending = ''): RunCase => {
    const name = `${row.name} on ${task.name}${ending}`
    const all = { name, data: join(root, task.name), ...row.settings, method: row.method, ...more }
    return { ...planCase('vtab', all, shared), method: row.method, settings: row.settings }
  }
  const caseOf = (cell: VtabCell, scale?: number): RunCase =>
    plan(cell, scale === undefined ? {} : { adapterScale: scale })
  checkNames(
    'vtab',
    cells.map((cell) => caseOf(cell)),
  )
  return {
    ...{ root, ...found, seeds: seedsOf('vtab', seeds, seed ?? 0), shared, scales, rows, cells, caseOf },
    searchCaseOf: (cell, scale) =>
      plan(cell, { adapterScale: scale, split: 'search', testOn: 'validation' }, ` s=${scale}`),
  }
}

function checkOwn(given: Readonly<Record<string, unknown>>): void {
  const key = own.find((name) => given[name] !== undefined && !(name === 'split' && given[name] === 'final'))
  if (key !== undefined)
    throw new ConfigError(
      `vtab: ${key} is ${JSON.stringify(given[key])}, but the tasks decide it: they train on train800val200 and are tested on test. Leave it out.`,
    )
}
