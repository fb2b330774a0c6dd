import { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { checkSettings } from '../../run/settings/check-settings.ts'
import { finetuneSettings } from '../../run/settings/finetune-settings.ts'
import { uncheckedShapeOf } from '../../setting.ts'
import { type CompareInput, compareKeys, planComparison } from '../compare/plan.ts'
import { checkNames, type NamedSettings, type RunCase, renamed } from '../pool/run-case.ts'

/** Input of a comparison on several datasets. */
export interface JointInput extends Omit<CompareInput, 'data'> {
  /**
   * Each with a name, its `data`, and the settings in which it differs from other datasets, such as the
   * length of training. Settings of the comparison and of cases win over them; its `method` does not count.
   */
  readonly datasets: readonly NamedSettings[]
}

/** One case on one dataset. */
export interface JointCell {
  /** Name of the case, and of the dataset. */
  readonly row: string
  readonly dataset: string
  /** Its runs are called `CASE on DATASET`. */
  readonly case: RunCase
}

/** Cells and seeds to run. */
export interface JointPlan {
  readonly datasets: readonly string[]
  readonly seeds: readonly number[]
  /** All cases on the first dataset, then on the second, and so on. */
  readonly cells: readonly JointCell[]
}

/** Names of all settings of a comparison on one or several datasets. */
export const jointKeys: readonly string[] = ['datasets', ...compareKeys]

const dataset = z.looseObject({
  ...uncheckedShapeOf(finetuneSettings),
  name: z.string().trim().min(1),
  data: z.string().min(1),
})
const schema = z.looseObject({ datasets: z.array(dataset).min(1, 'give at least one') })

/**
 * Checks the input and returns what a comparison would run: each case on each dataset.
 * @throws ConfigError for unknown settings, values out of range, and two datasets or cases of one name
 */
export function planJoint(given: unknown): JointPlan {
  const { datasets, ...rest } = checkSettings('compare', given, schema, jointKeys)
  if ('data' in rest)
    throw new ConfigError('compare: both datasets and data are given. Each dataset has its own data.')
  const plans = datasets.map(({ name, method: _method, ...own }) => ({
    name,
    plan: planComparison({ ...own, ...rest }),
  }))
  const cells = plans.flatMap(({ name, plan }) =>
    plan.cases.map(
      (each): JointCell => ({
        row: each.name,
        dataset: name,
        case: renamed(each, `${each.name} on ${name}`),
      }),
    ),
  )
  checkNames(
    'compare',
    cells.map((cell) => cell.case),
  )
  return { datasets: plans.map(({ name }) => name), seeds: plans[0]?.plan.seeds ?? [], cells }
}
