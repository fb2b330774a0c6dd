import type { VtabTask } from '../../data/kinds/vtab.ts'
import { RunError } from '../../errors.ts'
import { isBetter, valueIn } from '../../evaluation/measure.ts'
import type { RefusedCase } from '../pool/plan-runs.ts'
import type { RunEnds } from '../pool/run-all.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabSearchRow } from './outcome.ts'
import type { VtabPlan } from './plan.ts'

/** The best scale of each task on val200; the first listed in a tie. */
export function chooseScales(plan: VtabPlan, ends: RunEnds): VtabSearchRow[] {
  const byName = new Map([...ends].map(([run, end]) => [run.case.name, end]))
  return plan.tasks.map((task) => {
    const tried = plan.scales.map((scale) => {
      const end = byName.get(plan.searchCaseOf(task, scale).name)
      return { scale, score: end?.kind === 'finished' ? valueIn(end.summary, vtabMeasure) : null }
    })
    const accuracies = tried.map(({ scale, score }) => ({ scale, [vtabMeasure.name]: score }))
    return { task: task.name, accuracies, chosen: bestScale(tried) }
  })
}

/** A task without a scale, because all runs of its search failed. */
export function withoutScale(plan: VtabPlan, task: VtabTask): RefusedCase {
  const error = new RunError(
    `vtab: no scale could be chosen for ${task.name}, every run of its search failed. See those failures.`,
  )
  return { case: plan.caseOf(task), error }
}

function bestScale(
  tried: readonly { readonly scale: number; readonly score: number | null }[],
): number | null {
  const done = tried.flatMap(({ scale, score }) => (score === null ? [] : [{ scale, score }]))
  const [first] = done
  if (first === undefined) return null
  return done.reduce((best, each) => (isBetter(vtabMeasure, each.score, best.score) ? each : best)).scale
}
