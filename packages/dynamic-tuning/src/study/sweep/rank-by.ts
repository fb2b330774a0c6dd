import { ConfigError } from '../../errors.ts'
import { bestFirst, type Measure, valueIn } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { nearestWord } from '../../run/settings/nearest-word.ts'
import { tasks } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'
import { caseTask } from '../pool/study-measure.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'

/** Loss and costs of a case, lower is better. */
const costs = ['loss', 'flops', 'activeRate', 'trainableParams', 'seconds', 'peakMemoryMB'] as const

type Cost = (typeof costs)[number]

const isCost = (name: string): name is Cost => costs.some((cost) => cost === name)

/** Names by which cases of a task may be ordered: its measures, loss and costs. */
function metricsOf({ measures }: Task): readonly string[] {
  return [...measures.map(({ name }) => name), ...costs]
}

/** Names by which a sweep may be ordered, over all tasks. */
export const sweepMetrics: readonly string[] = [...new Set(tasks.flatMap(metricsOf))]

/**
 * The measure or cost by which cases of a task are ordered: its primary measure where none is named.
 * @throws ConfigError for a name that the task does not have
 */
export function metricFor(task: Task, name: string = task.measures[0].name): string {
  return knownMetric(name, metricsOf(task))
}

/** Checks the name of a measure or cost of any task. @throws ConfigError for an unknown name */
export function checkMetric(name: string): string {
  return knownMetric(name, sweepMetrics)
}

function knownMetric(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name
  const meant = nearestWord(name, known)
  throw new ConfigError(
    `sweep: metric is ${name}. ${meant ? `Did you mean ${meant}?` : `Choose one of ${known.join(', ')}.`}`,
  )
}

/** The measure of this name if it needs a separate column: neither the primary one nor a cost. */
export function otherMeasure(rows: readonly CaseRow[], metric: string): Measure | undefined {
  const [, ...others] = caseTask(rows).measures
  return others.find(({ name }) => name === metric)
}

/** The mean of a measure over a case's seeds. */
export function meanOver({ runs }: CaseRow, measure: Measure): number {
  return mean(runs.map((run) => valueIn(run, measure)))
}

/** Sorts cases, best first; ties keep their order. */
export function ranked(rows: readonly CaseRow[], metric: string): CaseRow[] {
  if (isCost(metric)) return rows.toSorted((a, b) => a[metric] - b[metric])
  const { measures } = caseTask(rows)
  const measure = measures.find(({ name }) => name === metric) ?? measures[0]
  const order = bestFirst(measure)
  return rows.toSorted((a, b) => order(meanOver(a, measure), meanOver(b, measure)))
}
