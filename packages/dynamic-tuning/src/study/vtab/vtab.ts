import type { RunFolder } from '../../io/run-folder.ts'
import type { WithoutSignal } from '../../run/run-control.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { ManyRunsControl, ManyRunsStopped } from '../pool/control.ts'
import { makeCaseFolders, openManyFolder, saveRequest } from '../pool/many-folder.ts'
import { planRuns, type RunPlan } from '../pool/plan-runs.ts'
import { runAll } from '../pool/run-all.ts'
import type { RunCase } from '../pool/run-case.ts'
import { checkRefused, jobsAtOnce, statesOf, stoppedAt } from '../pool/run-cases.ts'
import { finishVtab } from './finish-vtab.ts'
import type { VtabOutcome, VtabSearchRow } from './outcome.ts'
import { planVtab, type VtabCell, type VtabInput, type VtabPlan } from './plan.ts'
import { chooseScales, searchedCells, searchOf, withoutScale } from './search-scales.ts'

const where = 'vtab'
/** Folder of the scale search. */
const below = 'search'

/**
 * Tunes with one or several methods on all tasks of VTAB-1K that a folder holds, training on
 * train800val200 and testing on test, with several seeds and one process per run, and writes
 * `vtab.json`, `.csv`, `.md` and `.html`: a row for each method with the means of the groups and
 * their mean, beside the paper's. With `search` it first chooses the adapter scale of each task on
 * val200, after training on train800. Called again with the same folder, it keeps finished runs and
 * continues the others; a failed run does not stop the rest.
 * @throws ConfigError for invalid settings or ones that differ from those of runs in the folder;
 * DataError if there is no task; CheckpointError for unusable weights; RunError if `out` holds
 * something else. All are thrown before any run starts.
 */
export function vtab(input: VtabInput, control: WithoutSignal<ManyRunsControl>): Promise<VtabOutcome>
/** The same where `signal` may stop the study. */
export function vtab(input: VtabInput, control: ManyRunsControl): Promise<VtabOutcome | ManyRunsStopped>
export async function vtab(
  input: VtabInput,
  control: ManyRunsControl,
): Promise<VtabOutcome | ManyRunsStopped> {
  const plan = planVtab(input)
  const { cells, scales, seeds, missing, differing } = plan
  const { out, onPhase } = control
  const count = cells.length * Math.max(scales.length, seeds.length)
  const jobs = jobsAtOnce(where, control, input.device, count)
  if (missing.length > 0) onPhase?.(`not in ${plan.root}: ${missing.map(({ name }) => name).join(', ')}`)
  for (const { task, differences } of differing)
    onPhase?.(
      `${task} is not the task of VTAB-1K, so it has no figure of the paper: ${differences.join(', ')}`,
    )
  onPhase?.('opening data and backbone')
  const final = await planFor(plan, out, jobs)
  checkRefused(final, false)
  const search = scales.length > 0 ? await planSearch(plan, out, jobs) : undefined
  const folder = openManyFolder(
    where,
    out,
    cells.map((cell) => plan.caseOf(cell)),
  )
  try {
    if (search) statesOf(search)
    else statesOf(final)
    saveRequest(folder, where, definedOnly(input))
    return await runPhases(folder, { plan, final, search }, { ...control, jobs })
  } finally {
    folder.release()
  }
}

interface Phases {
  readonly plan: VtabPlan
  readonly final: RunPlan
  readonly search: RunPlan | undefined
}

async function runPhases(
  folder: RunFolder,
  { plan, final, search }: Phases,
  control: ManyRunsControl & { readonly jobs: number },
): Promise<VtabOutcome | ManyRunsStopped> {
  const { out, jobs, onPhase } = control
  if (!search) {
    const ends = await runPlan(final, control)
    return ends
      ? finishVtab(folder, plan, { final: { ends, refused: final.refused } })
      : stoppedAt(out, final)
  }
  const cells = searchedCells(plan)
  onPhase?.(`choosing the adapter scale of ${cells.length} tasks from ${plan.scales.join(', ')}`)
  const searchEnds = await runPlan(search, control, below)
  if (!searchEnds) return both(stoppedAt(out, search), 0, final.runs.length)
  const rows = chooseScales(plan, searchEnds)
  const lost = cells.filter((cell) => searchOf(rows, cell)?.chosen === null)
  onPhase?.('training on train800val200 with the chosen scales')
  const left = plan.cells.filter((cell) => !lost.includes(cell))
  const planned = await planFor({ ...plan, cells: left }, out, jobs, rows)
  const ends = await runPlan(planned, control)
  if (!ends) return both(stoppedAt(out, planned), search.runs.length, search.runs.length)
  const refused = [...planned.refused, ...lost.map((cell) => withoutScale(plan, cell))]
  return finishVtab(folder, plan, {
    final: { ends, refused },
    search: { rows, ends: searchEnds, refused: search.refused },
  })
}

/** Progress of both phases together. */
function both(stopped: ManyRunsStopped, finished: number, total: number): ManyRunsStopped {
  return {
    ...stopped,
    finishedRuns: stopped.finishedRuns + finished,
    totalRuns: stopped.totalRuns + total,
  }
}

function runPlan(plan: RunPlan, control: ManyRunsControl & { readonly jobs: number }, within?: string) {
  const states = statesOf(plan)
  makeCaseFolders(control.out, casesOf(plan), within)
  return runAll(plan.runs, states, control)
}

const casesOf = ({ runs }: RunPlan): RunCase[] => [...new Set(runs.map((run) => run.case))]

function planFor(
  plan: VtabPlan,
  out: string,
  jobs: number,
  searched: readonly VtabSearchRow[] = [],
): Promise<RunPlan> {
  const scaleOf = (cell: VtabCell): number | undefined => searchOf(searched, cell)?.chosen ?? undefined
  const cases = plan.cells.map((cell) => plan.caseOf(cell, scaleOf(cell)))
  return planRuns({ where, cases, seeds: plan.seeds, out, jobs })
}

function planSearch(plan: VtabPlan, out: string, jobs: number): Promise<RunPlan> {
  const cases = searchedCells(plan).flatMap((cell) =>
    plan.scales.map((scale) => plan.searchCaseOf(cell, scale)),
  )
  return planRuns({ where, cases, seeds: plan.seeds.slice(0, 1), out, jobs, below })
}
