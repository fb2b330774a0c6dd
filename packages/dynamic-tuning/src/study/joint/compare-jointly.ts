import type { RunFolder } from '../../io/run-folder.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import { paperRows, paperScore } from '../paper/paper-row.ts'
import { isPaperSet } from '../paper/paper-sets.ts'
import type { ManyRunsControl, ManyRunsStopped } from '../pool/control.ts'
import { failuresOf } from '../pool/failures.ts'
import type { PlannedRun } from '../pool/plan-runs.ts'
import { groupEnds, type RunEnds } from '../pool/run-all.ts'
import { type CasesDone, runCases } from '../pool/run-cases.ts'
import { studyTask } from '../pool/study-measure.ts'
import { summarizeCase } from '../pool/summarize-cases.ts'
import { pagePath, writeResults } from '../pool/write-results.ts'
import { jointReport } from './joint-report.ts'
import { jointCsv, jointMarkdown } from './joint-table.ts'
import type { JointCellRow, JointOutcome, JointRow } from './outcome.ts'
import { type JointInput, type JointPlan, planJoint } from './plan.ts'

/**
 * Tunes with several methods and settings on several datasets, with the same seeds for each and one
 * process per run, and writes `compare.json`, `.csv`, `.md` and `.html`: cases by datasets, beside the
 * paper's figures where its tables have the same model on the same dataset. Called again with the same
 * folder, it keeps finished runs and continues the others. Failed runs and datasets that cannot be used
 * do not stop the rest; they are listed in `failures`.
 * @throws ConfigError for invalid settings or ones that differ from those of runs in the folder;
 * DataError and CheckpointError if no case can run; RunError if `out` holds something else. All are
 * thrown before any run starts.
 */
export async function compareJointly(
  input: JointInput,
  control: ManyRunsControl,
): Promise<JointOutcome | ManyRunsStopped> {
  const plan = planJoint(input)
  const cases = plan.cells.map((cell) => cell.case)
  const check = (runs: readonly PlannedRun[]) => void studyTask(runs.map((run) => run.settings))
  const wanted = { where: 'compare', cases, seeds: plan.seeds, settings: definedOnly(input), check }
  return runCases(wanted, control, async (folder, done) => finish(folder, { input, plan, done }))
}

interface Finished {
  readonly input: JointInput
  readonly plan: JointPlan
  readonly done: CasesDone
}

function finish(folder: RunFolder, { input, plan, done }: Finished): JointOutcome {
  const { methods: _m, rates: _r, cases: _c, seeds: _s, seed: _seed, datasets: _d, ...settings } = input
  const outcome: JointOutcome = {
    run: folder.path,
    finished: true,
    datasets: plan.datasets,
    seeds: plan.seeds,
    settings: definedOnly(settings),
    rows: rowsOf(plan, done.ends),
    failures: failuresOf(done.ends, done.refused),
    report: pagePath(folder, 'compare'),
  }
  writeResults(folder, 'compare', outcome, { csv: jointCsv, markdown: jointMarkdown, report: jointReport })
  return outcome
}

/** The finished runs by case and dataset, beside the paper's figures. */
export function rowsOf(plan: JointPlan, ends: RunEnds): JointRow[] {
  const groups = groupEnds(ends)
  const first = new Map([...ends.keys()].map((run) => [run.case.name, run]))
  return [...new Set(plan.cells.map(({ row }) => row))].flatMap((name) => {
    const own = plan.cells.filter(({ row }) => row === name)
    const cells = own.flatMap((cell): JointCellRow[] => {
      const found = groups.find((group) => group.case.name === cell.case.name)
      const run = first.get(cell.case.name)
      if (found === undefined || run === undefined) return []
      const {
        case: _case,
        method: _method,
        settings: _settings,
        ...figures
      } = summarizeCase(found.case, found.runs)
      const images = figures.runs[0]?.images ?? 0
      return [{ dataset: cell.dataset, paper: paperOn(cell.dataset, run, images), ...figures }]
    })
    const [known] = own
    if (cells.length === 0 || known === undefined) return []
    const { method, settings } = known.case
    return [{ case: name, method, settings, cells }]
  })
}

function paperOn(dataset: string, { settings, config }: PlannedRun, images: number): number | null {
  return isPaperSet(dataset, config, images) ? paperScore(paperRows(settings, config), dataset) : null
}
