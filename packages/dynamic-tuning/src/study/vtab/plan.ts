import { join } from 'node:path'
import { z } from 'zod'
import { findVtabTasks, type VtabTask, vtabTasks } from '../../data/kinds/vtab.ts'
import { ConfigError, DataError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import { finetuneKeys, finetuneSettings, type SomeSettings } from '../../run/settings/finetune-settings.ts'
import { nearestWord } from '../../run/settings/nearest-word.ts'
import { uncheckedShapeOf } from '../../setting.ts'
import { planCase, type RunCase } from '../pool/run-case.ts'
import { seedsOf } from '../pool/seeds.ts'

/** Input of a run of VTAB-1K, beside settings of `finetune` that all tasks share. */
export interface VtabInput extends Omit<SomeSettings, 'data'> {
  /** The folder that holds a folder with list files for each task. */
  readonly root?: string | undefined
  /** Names of tasks to run. Default all in the folder. */
  readonly tasks?: readonly string[] | undefined
  /** Number of seeds per task, counted from `seed`, or a list of seeds. Default 1. */
  readonly seeds?: number | readonly number[] | undefined
  /**
   * Adapter scales to choose from per task, on val200 after training on train800; `true`: 0.01,
   * 0.1, 1, 10.
   */
  readonly search?: boolean | readonly number[] | undefined
}

/** Cases and seeds to run. */
export interface VtabPlan {
  readonly root: string
  readonly tasks: readonly VtabTask[]
  /** Tasks missing in `root`. */
  readonly missing: readonly VtabTask[]
  readonly seeds: readonly number[]
  /** Settings of all tasks, as `finetune` takes them; `data` is that of the first task. */
  readonly shared: RunCase['input']
  /** Empty without search. */
  readonly scales: readonly number[]
  /** The case of a task, or of one scale of its search. */
  caseOf(task: VtabTask, scale?: number): RunCase
  searchCaseOf(task: VtabTask, scale: number): RunCase
}

const usualScales = [0.01, 0.1, 1, 10]

/** Names of all settings of a run of VTAB-1K. */
export const vtabKeys: readonly string[] = ['root', 'tasks', 'search', 'seeds', ...finetuneKeys]

/** Settings that each task decides. */
const own = ['data', 'split', 'testOn']
const schema = z.strictObject({
  ...uncheckedShapeOf(finetuneSettings),
  root: z.string().min(1),
  tasks: z.array(z.string()).min(1, 'give at least one').optional(),
  search: z.union([z.boolean(), z.array(z.number().positive()).min(1, 'give at least one scale')]).optional(),
  seeds: z.custom<VtabInput['seeds']>().optional(),
})

/**
 * Checks the input and returns tasks and seeds.
 * @throws ConfigError for unknown settings and tasks; DataError if `root` holds no task
 */
export function planVtab(given: unknown): VtabPlan {
  const asked = checkSettings('vtab', given, schema, vtabKeys)
  const { root, tasks: names, search = false, seeds = 1, seed, ...common } = asked
  checkOwn(common)
  const { tasks, missing, first } = tasksIn(root, names)
  const scales = search === true ? usualScales : search === false ? [] : search
  const settings = Object.fromEntries(Object.entries(common).filter(([key]) => !own.includes(key)))
  const plan = (task: VtabTask, name: string, more: SomeSettings): RunCase =>
    planCase('vtab', { name, data: join(root, task.name), ...more }, settings)
  return {
    root,
    tasks,
    missing,
    seeds: seedsOf('vtab', seeds, seed ?? 0),
    scales,
    shared: plan(first, first.name, {}).input,
    caseOf: (task, scale) => plan(task, task.name, scale === undefined ? {} : { adapterScale: scale }),
    searchCaseOf: (task, scale) =>
      plan(task, `${task.name} s=${scale}`, { adapterScale: scale, split: 'search', testOn: 'validation' }),
  }
}

function checkOwn(common: Readonly<Record<string, unknown>>): void {
  const key = own.find(
    (name) => common[name] !== undefined && !(name === 'split' && common[name] === 'final'),
  )
  if (key !== undefined)
    throw new ConfigError(
      `vtab: ${key} is ${JSON.stringify(common[key])}, but the tasks decide it: they train on train800val200 and are tested on test. Leave it out.`,
    )
}

function tasksIn(
  root: string,
  names: readonly string[] | undefined,
): Pick<VtabPlan, 'tasks' | 'missing'> & { readonly first: VtabTask } {
  const known = vtabTasks.map(({ name }) => name)
  for (const name of names ?? [])
    if (!known.includes(name)) {
      const meant = nearestWord(name, known)
      throw new ConfigError(
        `vtab: unknown task ${name}. ${meant ? `Did you mean ${meant}?` : `Choose from ${known.join(', ')}.`}`,
      )
    }
  const wanted = (task: VtabTask): boolean => names === undefined || names.includes(task.name)
  const { found, missing } = findVtabTasks(root)
  const tasks = found.map(({ task }) => task).filter(wanted)
  const [first] = tasks
  if (first !== undefined) return { tasks, first, missing: missing.filter(wanted) }
  throw new DataError(
    `vtab: ${root} holds ${names ? 'none of these tasks' : 'no task'}, expected folders such as ${(names ?? known).slice(0, 3).join(', ')} with train800val200.txt and test.txt. Name the folder that holds them.`,
  )
}
