import { type VtabGroup, vtabGroups, vtabTasks } from '../../data/kinds/vtab.ts'
import { mean } from '../../evaluation/statistics.ts'
import { type Score, scoreOver } from '../pool/score.ts'

/** Scores from 0 to 1, by the name of the task. */
export type TaskScores = Readonly<Record<string, number>>

/** The mean over the tasks of a group that there are. */
export interface GroupScore {
  readonly group: VtabGroup
  readonly score: number
  /** How many tasks are in it, and how many VTAB-1K has. */
  readonly tasks: number
  readonly of: number
}

/** Means over the groups of which there is a task, in VTAB's order. */
export function groupScores(scores: TaskScores): GroupScore[] {
  return vtabGroups.flatMap((group) => {
    const own = vtabTasks.filter((task) => task.group === group)
    const values = own.flatMap(({ name }) => scores[name] ?? [])
    return values.length === 0 ? [] : [{ group, score: mean(values), tasks: values.length, of: own.length }]
  })
}

/** VTAB's score: the mean of the groups' means; NaN where there is no task. */
export function vtabScore(scores: TaskScores): number {
  return mean(groupScores(scores).map(({ score }) => score))
}

/**
 * The score of all tasks from the tasks' means over their seeds, `means`; deviation and interval are over the seeds that did
 * all tasks, null for fewer than two.
 */
export function scoreOverSeeds(means: TaskScores, bySeed: ReadonlyMap<number, TaskScores>): Score {
  const names = Object.keys(means)
  const complete = [...bySeed.values()].filter((own) => names.every((name) => own[name] !== undefined))
  return { ...scoreOver(complete.map(vtabScore)), mean: vtabScore(means) }
}
