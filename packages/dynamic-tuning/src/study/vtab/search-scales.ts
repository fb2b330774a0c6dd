import type { VtabTask } from '../../data/kinds/vtab.ts'
import { RunError } from '../../errors.ts'
import type { RefusedCase } from '../pool/plan-runs.ts'
import type { RunEnds } from '../pool/run-all.ts'
import type { VtabSearchRow } from './outcome.ts'
import type { VtabPlan } from './plan.ts'

/** The scale of each task that was best on val200; of equal ones the first that was named. */
export function chooseScales(plan: VtabPlan, ends: RunEnds): VtabSearchRow[] {
  const byName = new Map([...ends].map(([run, end]) => [run.case.name, end]))
  return plan.tasks.map((task) => {
    const accuracies = plan.scales.map((scale) => {
      const end = byName.get(plan.searchCaseOf(task, scale).name)
      return { scale, accuracy: end?.kind === 'finished' ? end.summary.accuracy : null }
    })
    const best = Math.max(...accuracies.map(({ accuracy }) => accuracy ?? -1))
    const chosen = best < 0 ? null : (accuracies.find(({ accuracy }) => accuracy === best)?.scale ?? null)
    return { task: task.name, accuracies, chosen }
  })
}

/** A task that has no scale to run with, because all runs of its search failed. */
export function withoutScale(plan: VtabPlan, task: VtabTask): RefusedCase {
  const error = new RunError(
    `vtab: no scale could be chosen for ${task.name}, every run of its search failed. See those failures.`,
  )
  return { case: plan.caseOf(task), error }
}
