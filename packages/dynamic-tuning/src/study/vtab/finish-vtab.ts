import { type VtabTask, vtabTasks } from '../../data/kinds/vtab.ts'
import { valueIn } from '../../evaluation/measure.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { shortName } from '../../run/short-name.ts'
import { failuresOf, type RunFailure } from '../pool/failures.ts'
import type { RefusedCase } from '../pool/plan-runs.ts'
import { groupEnds, type RunEnds } from '../pool/run-all.ts'
import type { CasesDone } from '../pool/run-cases.ts'
import { scoreFields, scoreOf } from '../pool/score.ts'
import { type CaseRow, summarizeCase } from '../pool/summarize-cases.ts'
import { pagePath, writeResults } from '../pool/write-results.ts'
import { vtabMeasure } from './measure.ts'
import type { VtabOutcome, VtabSearchRow, VtabTaskRow } from './outcome.ts'
import { type PaperVtabRow, paperVtabRow } from './paper-row.ts'
import type { VtabPlan } from './plan.ts'
import { groupScores, scoreOverSeeds, type TaskScores, vtabScore } from './score.ts'
import { vtabReport } from './vtab-report.ts'
import { vtabCsv, vtabMarkdown } from './vtab-table.ts'

/** Results of a scale search. */
export interface SearchDone extends CasesDone {
  readonly rows: readonly VtabSearchRow[]
}

/** Computes the scores and writes the tables and the report. */
export function finishVtab(
  folder: RunFolder,
  plan: VtabPlan,
  { final, search }: { readonly final: CasesDone; readonly search?: SearchDone },
): VtabOutcome {
  const paper = paperOf(final.ends)
  const groups = groupEnds(final.ends)
  const tasks = groups.flatMap(({ case: each, runs }) => {
    const task = vtabTasks.find(({ name }) => name === each.name)
    const chosen = search?.rows.find((row) => row.task === each.name)?.chosen ?? null
    return task ? [taskRow(task, summarizeCase(each, runs), chosen, paper)] : []
  })
  const { data: _data, ...settings } = plan.shared
  const outcome: VtabOutcome = {
    run: folder.path,
    finished: true,
    root: plan.root,
    method: settings.method ?? 'dyt',
    seeds: plan.seeds,
    settings,
    tasks,
    ...scores(tasks),
    complete: tasks.length === vtabTasks.length,
    paper: paper ? { method: paper.method, mean: paper.mean } : null,
    missing: plan.missing.map(({ name }) => name),
    search: search?.rows ?? [],
    failures: [...failuresOfSearch(search), ...failuresOf(final.ends, final.refused)],
    report: pagePath(folder, 'vtab'),
  }
  writeResults(folder, 'vtab', outcome, { csv: vtabCsv, markdown: vtabMarkdown, report: vtabReport })
  return outcome
}

function failuresOfSearch(search: SearchDone | undefined): RunFailure[] {
  const none: { readonly ends: RunEnds; readonly refused: readonly RefusedCase[] } = {
    ends: new Map(),
    refused: [],
  }
  const { ends, refused } = search ?? none
  return failuresOf(ends, refused)
}

/** Row of the paper with the same settings as a run. */
function paperOf(ends: RunEnds): PaperVtabRow | undefined {
  const [first] = ends.keys()
  return first && paperVtabRow(first.settings)
}

function taskRow(
  { name, title, group }: VtabTask,
  { case: _case, ...row }: CaseRow,
  adapterScale: number | null,
  paper: PaperVtabRow | undefined,
): VtabTaskRow {
  // The data folder is not repeated beside the task's name.
  const runs = row.runs.map((run) => ({ ...run, data: shortName(run.data) }))
  return { task: name, title, group, adapterScale, paper: paper?.scores[name] ?? null, ...row, runs }
}

function scores(tasks: readonly VtabTaskRow[]): Pick<VtabOutcome, 'groups' | 'mean'> {
  const means: TaskScores = Object.fromEntries(tasks.map((row) => [row.task, scoreOf(row, vtabMeasure).mean]))
  const papers = tasks.flatMap(({ task, paper }) => (paper === null ? [] : [[task, paper] as const]))
  const paper = papers.length > 0 ? Object.fromEntries(papers) : undefined
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
    mean:
      tasks.length === 0
        ? null
        : {
            ...scoreFields(vtabMeasure, scoreOverSeeds(means, bySeed)),
            paper: paper ? vtabScore(paper) : null,
          },
  }
}
