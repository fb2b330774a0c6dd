import { ConfigError } from '../../errors.ts'
import type { StepMetrics, TrainTotal } from '../../training/trainer.ts'
import { definedOnly } from '../finetune-settings.ts'
import { openCompareFolder, prepareCompareFolder } from './compare-folder.ts'
import { type CompareOutcome, finishComparison } from './finish-comparison.ts'
import { type CompareInput, planComparison } from './plan.ts'
import { type PlannedRun, planRuns, usualJobs } from './plan-runs.ts'
import { runCases } from './run-cases.ts'
import { runState } from './run-state.ts'
import type { JobEnd } from './start-finetune.ts'
import type { CompareRow } from './summarize-cases.ts'

/** Where a comparison writes and reports, and how it is stopped. */
export interface CompareControl {
  /** A new folder, or that of a comparison which goes on. */
  readonly out: string
  /** Runs at a time; default half of the cores, 1 on a GPU. They share the threads. */
  readonly jobs?: number | undefined
  /** Raised, it stops the runs under way with checkpoints. */
  readonly signal?: AbortSignal | undefined
  readonly onStart?: (work: CompareWork) => void
  readonly onStep?: (run: PlannedRun, metrics: StepMetrics, total: TrainTotal) => void
  /** A run came to an end of any kind. */
  readonly onRun?: (run: PlannedRun, end: JobEnd) => void
  /** All runs of a case have ended, at least one of them well; its speed is not known yet. */
  readonly onCase?: (row: CompareRow) => void
  /** What is going on before and after the runs, in a few words. */
  readonly onPhase?: (phase: string) => void
}

/** What is about to be done, once everything is checked. */
export interface CompareWork {
  /** Names of all cases. */
  readonly cases: readonly string[]
  readonly runs: number
  /** How many of them were done before. */
  readonly finished: number
  readonly jobs: number
}

/** How a comparison stands that was stopped. */
export interface CompareStopped {
  readonly run: string
  readonly finished: false
  readonly finishedRuns: number
  readonly totalRuns: number
}

/**
 * Tunes with several methods and settings on one dataset, each with the same seeds and each run in a process of its own, and
 * writes `compare.json`, `.csv`, `.md` and `.html` with means and deviations. Called again with the same folder it keeps the
 * runs that ended and goes on with the others. A run that fails does not stop the rest: it is in `failures`.
 * @throws ConfigError for settings that make no sense or differ from those of runs in the folder; DataError and
 * CheckpointError for data and weights that cannot be used; RunError where `out` holds something else. All before any run.
 */
export async function compare(
  input: CompareInput,
  control: CompareControl,
): Promise<CompareOutcome | CompareStopped> {
  const { jobs = usualJobs(input.device), out, onPhase } = control
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new ConfigError(`compare: jobs is ${jobs}. Give a whole number of at least 1.`)
  const plan = planComparison(input)
  const atOnce = Math.min(jobs, plan.cases.length * plan.seeds.length)
  onPhase?.('opening data and backbone')
  const runs = await planRuns(plan, out, atOnce)
  const folder = openCompareFolder(out, plan)
  try {
    const states = runs.map(({ path, settings }) => runState(path, settings))
    prepareCompareFolder(folder, definedOnly(input), plan)
    const ends = await runCases(runs, states, { ...control, jobs: atOnce })
    const outcome = ends && (await finishComparison(folder, input, ends, control))
    if (outcome) return outcome
    const finished = runs.filter(({ path, settings }) => typeof runState(path, settings) === 'object')
    return { run: out, finished: false, finishedRuns: finished.length, totalRuns: runs.length }
  } finally {
    folder.release()
  }
}
