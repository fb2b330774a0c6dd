import { type VtabGroup, vtabGroups, vtabTasks } from '../../data/kinds/vtab.ts'
import { mean } from '../../evaluation/statistics.ts'
import { type Score, scoreOver } from '../pool/score.ts'
import { vtabMeasure } from './measure.ts'

/** Scores from 0 to 1, by the name of the task. */
export type TaskScores = Readonly<Record<string, number>>

/** Mean over the available tasks of a group. */
export interface GroupScore {
  readonly group: VtabGroup
  readonly score: number
  /** Number of tasks included, and of all in VTAB-1K. */
  readonly tasks: number
  readonly of: number
}

/** Means of the groups with at least one task, in VTAB's order. */
export function groupScores(scores: TaskScores): GroupScore[] {
  return vtabGroups.flatMap((group) => {
    const own = vtabTasks.filter((task) => task.group === group)
    const values = own.flatMap(({ name }) => scores[name] ?? [])
    return values.length === 0 ? [] : [{ group, score: mean(values), tasks: values.length, of: own.length }]
  })
}

/** VTAB's score: the mean of the groups' means; NaN without tasks. */
export function vtabScore(scores: TaskScores): number {
  return mean(groupScores(scores).map(({ score }) => score))
}

/**
 * VTAB's score from the tasks' means over seeds, `means`. Deviation and interval are over seeds
 * that finished all tasks, null for fewer than three.
 */
export function scoreOverSeeds(means: TaskScores, bySeed: ReadonlyMap<number, TaskScores>): Score {
  const names = Object.keys(means)
  const complete = [...bySeed.values()].filter((own) => names.every((name) => own[name] !== undefined))
  return { ...scoreOver(complete.map(vtabScore), vtabMeasure), mean: vtabScore(means) }
}
