import { type VtabGroup, vtabGroups, vtabTasks } from '../../data/kinds/vtab.ts'
import { bootstrapInterval, deviation, type Interval, mean } from '../../evaluation/statistics.ts'

/** Accuracies from 0 to 1, by the name of the task. */
export type TaskAccuracies = Readonly<Record<string, number>>

/** The mean over the tasks of a group that there are. */
export interface GroupScore {
  readonly group: VtabGroup
  readonly accuracy: number
  /** How many tasks are in it, and how many VTAB-1K has. */
  readonly tasks: number
  readonly of: number
}

/** Means over the groups of which there is a task, in VTAB's order. */
export function groupScores(accuracies: TaskAccuracies): GroupScore[] {
  return vtabGroups.flatMap((group) => {
    const own = vtabTasks.filter((task) => task.group === group)
    const values = own.flatMap(({ name }) => accuracies[name] ?? [])
    return values.length === 0
      ? []
      : [{ group, accuracy: mean(values), tasks: values.length, of: own.length }]
  })
}

/** VTAB's score: the mean of the groups' means; NaN where there is no task. */
export function vtabScore(accuracies: TaskAccuracies): number {
  return mean(groupScores(accuracies).map(({ accuracy }) => accuracy))
}

/** A score over seeds. */
export interface SeedScore {
  readonly accuracy: number
  /** Sample deviation (n - 1) and 95 % bootstrap interval over the seeds that did all tasks; null for fewer than two. */
  readonly accuracyDeviation: number | null
  readonly accuracyInterval: Interval | null
}

/** The score of every seed that did all tasks, put together; `means` are the tasks' means over all their seeds. */
export function scoreOverSeeds(
  means: TaskAccuracies,
  bySeed: ReadonlyMap<number, TaskAccuracies>,
): SeedScore {
  const names = Object.keys(means)
  const complete = [...bySeed.values()].filter((own) => names.every((name) => own[name] !== undefined))
  const scores = complete.map(vtabScore)
  return {
    accuracy: vtabScore(means),
    accuracyDeviation: deviation(scores),
    accuracyInterval: bootstrapInterval(scores),
  }
}
