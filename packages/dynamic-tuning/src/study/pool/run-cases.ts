import { ConfigError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import { defaultJobs } from './concurrency.ts'
import type { ManyRunsControl, ManyRunsStopped } from './control.ts'
import { makeCaseFolders, openManyFolder, saveRequest } from './many-folder.ts'
import { planRuns, type RefusedCase, type RunPlan } from './plan-runs.ts'
import { type RunEnds, runAll } from './run-all.ts'
import type { RunCase } from './run-case.ts'
import { type RunState, runState } from './run-state.ts'

/** Input of `runCases`. */
export interface CasesWanted {
  /** The command's name. */
  readonly where: string
  readonly cases: readonly RunCase[]
  readonly seeds: readonly number[]
  /** Settings to save. */
  readonly settings: object
  /** Refuses runs that do not go together, by their settings. @throws ConfigError before any run */
  readonly check?: (runs: RunPlan['runs']) => void
  /** True if one case with unusable data or weights stops the study before any run. */
  readonly strict?: boolean
}

/** Results of all runs, and refused cases. */
export interface CasesDone {
  readonly ends: RunEnds
  readonly refused: readonly RefusedCase[]
}

/**
 * Runs every case with every seed and passes the results to `finish`, which returns undefined if it
 * was aborted. Finished runs in the folder are kept.
 * @throws ConfigError, RunError, and, if no case can run or `strict` and one cannot, DataError and
 * CheckpointError, all before any run
 */
export async function runCases<O>(
  wanted: CasesWanted,
  control: ManyRunsControl,
  finish: (folder: RunFolder, done: CasesDone) => Promise<O | undefined>,
): Promise<O | ManyRunsStopped> {
  const { where, cases, seeds, settings, strict = false } = wanted
  const { out, onPhase } = control
  const jobs = jobsAtOnce(where, control, cases[0]?.input.device, cases.length * seeds.length)
  onPhase?.('opening data and backbone')
  const plan = await planRuns({ where, cases, seeds, out, jobs })
  checkRefused(plan, strict)
  wanted.check?.(plan.runs)
  const folder = openManyFolder(where, out, cases)
  try {
    const states = statesOf(plan)
    saveRequest(folder, where, settings)
    makeCaseFolders(out, cases)
    const ends = await runAll(plan.runs, states, { ...control, jobs })
    const outcome = ends && (await finish(folder, { ends, refused: plan.refused }))
    return outcome ?? stoppedAt(out, plan)
  } finally {
    folder.release()
  }
}

/** @throws the error of the first case that cannot run, if none can or `strict` */
export function checkRefused({ runs, refused }: RunPlan, strict: boolean): void {
  const [first] = refused
  if (first && (strict || runs.length === 0)) throw first.error
}

/**
 * State of each run.
 * @throws ConfigError if one was run with other settings
 */
export function statesOf({ runs }: RunPlan): RunState[] {
  return runs.map(({ path, settings }) => runState(path, settings))
}

/** State of a plan's runs after a stop. */
export function stoppedAt(out: string, plan: RunPlan): ManyRunsStopped {
  const finished = statesOf(plan).filter((state) => typeof state === 'object')
  return { run: out, finished: false, finishedRuns: finished.length, totalRuns: plan.runs.length }
}

/**
 * Number of concurrent runs.
 * @throws ConfigError for invalid limits
 */
export function jobsAtOnce(
  where: string,
  { jobs, memoryMB, retries = 0 }: ManyRunsControl,
  device: FinetuneInput['device'],
  runs: number,
): number {
  if (jobs !== undefined && (!Number.isInteger(jobs) || jobs < 1))
    throw new ConfigError(`${where}: jobs is ${jobs}. Give a whole number of at least 1.`)
  if (memoryMB !== undefined && !(memoryMB > 0))
    throw new ConfigError(`${where}: memory is ${memoryMB} MB. Give a size above 0.`)
  if (!Number.isInteger(retries) || retries < 0)
    throw new ConfigError(`${where}: retries is ${retries}. Give a whole number of at least 0.`)
  return Math.min(jobs ?? defaultJobs(device), Math.max(1, runs))
}
