import { vtabTasks } from '../../data/kinds/vtab.ts'
import { valueIn } from '../../evaluation/measure.ts'
import { mean } from '../../evaluation/statistics.ts'
import { shortName } from '../../run/short-name.ts'
import { type PaperScores, paperRows, paperScore } from '../paper/paper-row.ts'
import { groupEnds, type RunEnds } from '../pool/run-all.ts'
import { scoreFields, scoreOf } from '../pool/score.ts'
import { summarizeCase } from '../pool/summarize-cases.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabPaperRow, VtabRow, VtabSearchRow, VtabTaskRow } from './outcome.ts'
import type { VtabPlan } from './plan.ts'
import type { VtabRowPlan } from './plan-rows.ts'
import { groupScores, scoreOverSeeds, type TaskScores, vtabScore } from './score.ts'
import { searchOf } from './search-scales.ts'

/** The set that the paper's mean over all tasks stands for. */
const whole = 'VTAB-1K'

/** The finished runs of a study, and what its search found. */
export interface RunsDone {
  readonly plan: VtabPlan
  readonly ends: RunEnds
  readonly search: readonly VtabSearchRow[]
}

/** The results of a row on all tasks, beside the paper's; [] if none of its runs finished. */
export function summarizeRow(row: VtabRowPlan, done: RunsDone): VtabRow[] {
  const { plan, ends } = done
  const names = new Set(plan.cells.filter((cell) => cell.row === row).map((cell) => plan.caseOf(cell).name))
  const own: RunEnds = new Map([...ends].filter(([run]) => names.has(run.case.name)))
  const [first] = own.keys()
  const papers = first === undefined ? [] : paperRows(first.settings, first.config)
  const tasks = taskRows(row, papers, { ...done, ends: own })
  if (tasks.length === 0) return []
  const complete = tasks.length === vtabTasks.length && plan.differing.length === 0
  return [
    {
      ...{ case: row.name, method: row.method, settings: row.settings, tasks, complete },
      ...scores(tasks, complete ? paperScore(papers, whole) : null),
      flops: mean(tasks.map(({ flops }) => flops)),
      trainableParams: mean(tasks.map(({ trainableParams }) => trainableParams)),
      paper: printedRow(papers),
    },
  ]
}

function taskRows(
  row: VtabRowPlan,
  papers: readonly PaperScores[],
  { plan, ends, search }: RunsDone,
): VtabTaskRow[] {
  const groups = groupEnds(ends)
  return plan.tasks.flatMap((task) => {
    const cell = { row, task }
    const found = groups.find((group) => group.case.name === plan.caseOf(cell).name)
    if (found === undefined) return []
    const { name, title, group } = task
    const {
      case: _case,
      method: _method,
      settings: _settings,
      ...figures
    } = summarizeCase(found.case, found.runs)
    // The data folder is not repeated beside the task's name.
    const runs = figures.runs.map((run) => ({ ...run, data: shortName(run.data) }))
    const differs = plan.differing.some((each) => each.task === name)
    const paper = differs ? null : paperScore(papers, name)
    return [
      {
        task: name,
        title,
        group,
        adapterScale: searchOf(search, cell)?.chosen ?? null,
        paper,
        ...figures,
        runs,
      },
    ]
  })
}

/** The first row that prints a mean over all tasks. */
function printedRow(papers: readonly PaperScores[]): VtabPaperRow | null {
  const [first] = papers.flatMap(({ table, method, flopsG, scores }) => {
    const printed = scores[whole]
    return printed === undefined
      ? []
      : [{ table, method, mean: printed, ...(flopsG !== undefined && { flopsG }) }]
  })
  return first ?? null
}

/** The means of the groups and of those; `printed` is the paper's where it prints nothing else. */
function scores(tasks: readonly VtabTaskRow[], printed: number | null): Pick<VtabRow, 'groups' | 'mean'> {
  const means: TaskScores = Object.fromEntries(tasks.map((row) => [row.task, scoreOf(row, vtabMeasure).mean]))
  const papers = tasks.flatMap(({ task, paper }) => (paper === null ? [] : [[task, paper] as const]))
  // The paper's means are over the same tasks, or there are none.
  const paper = papers.length === tasks.length ? Object.fromEntries(papers) : undefined
  const paperGroups = paper ? groupScores(paper) : []
  const bySeed = new Map<number, Record<string, number>>()
  for (const { task, runs } of tasks)
    for (const run of runs)
      bySeed.set(run.seed, { ...bySeed.get(run.seed), [task]: valueIn(run, vtabMeasure) })
  return {
    groups: groupScores(means).map(({ group: name, score, tasks: count, of }) => ({
      group: name,
      [vtabMeasure.name]: score,
      tasks: count,
      of,
      paper: paperGroups.find(({ group }) => group === name)?.score ?? null,
    })),
    mean: {
      ...scoreFields(vtabMeasure, scoreOverSeeds(means, bySeed)),
      paper: paper ? vtabScore(paper) : printed,
    },
  }
}
