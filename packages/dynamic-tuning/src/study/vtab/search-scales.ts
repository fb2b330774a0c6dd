import { RunError } from '../../errors.ts'
import { isBetter, valueIn } from '../../evaluation/measure.ts'
import type { RefusedCase } from '../pool/plan-runs.ts'
import type { RunEnds } from '../pool/run-all.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabSearchRow } from './outcome.ts'
import type { VtabCell, VtabPlan } from './plan.ts'

/** The cells whose adapter scale is searched. */
export function searchedCells({ cells }: VtabPlan): VtabCell[] {
  return cells.filter(({ row }) => row.searched)
}

/** The best scale of each searched cell on val200; the first listed in a tie. */
export function chooseScales(plan: VtabPlan, ends: RunEnds): VtabSearchRow[] {
  const byName = new Map([...ends].map(([run, end]) => [run.case.name, end]))
  return searchedCells(plan).map((cell) => {
    const tried = plan.scales.map((scale) => {
      const end = byName.get(plan.searchCaseOf(cell, scale).name)
      return { scale, score: end?.kind === 'finished' ? valueIn(end.summary, vtabMeasure) : null }
    })
    const accuracies = tried.map(({ scale, score }) => ({ scale, [vtabMeasure.name]: score }))
    return { case: cell.row.name, task: cell.task.name, accuracies, chosen: bestScale(tried) }
  })
}

/** What a search found for a cell; undefined for one that was not searched. */
export function searchOf(rows: readonly VtabSearchRow[], { row, task }: VtabCell): VtabSearchRow | undefined {
  return rows.find((each) => each.case === row.name && each.task === task.name)
}

/** A cell without a scale, because all runs of its search failed. */
export function withoutScale(plan: VtabPlan, cell: VtabCell): RefusedCase {
  const error = new RunError(
    `vtab: no scale could be chosen for ${cell.row.name} on ${cell.task.name}, every run of its search failed. See those failures.`,
  )
  return { case: plan.caseOf(cell), error }
}

function bestScale(
  tried: readonly { readonly scale: number; readonly score: number | null }[],
): number | null {
  const done = tried.flatMap(({ scale, score }) => (score === null ? [] : [{ scale, score }]))
  const [first] = done
  if (first === undefined) return null
  return done.reduce((best, each) => (isBetter(vtabMeasure, each.score, best.score) ? each : best)).scale
}
