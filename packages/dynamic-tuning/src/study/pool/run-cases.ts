import { ConfigError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { ManyRunsControl, ManyRunsStopped } from './control.ts'
import { makeCaseFolders, openManyFolder, saveRequest } from './many-folder.ts'
import { planRuns, type RefusedCase, type RunPlan } from './plan-runs.ts'
import { type RunEnds, runAll } from './run-all.ts'
import type { RunCase } from './run-case.ts'
import { type RunState, runState } from './run-state.ts'
import { usualJobs } from './share-of-machine.ts'

/** Cases that a command runs into one folder. */
export interface CasesWanted {
  /** The command's name. */
  readonly where: string
  readonly cases: readonly RunCase[]
  readonly seeds: readonly number[]
  /** What was asked for, to be saved. */
  readonly settings: object
  /** Whether one case with unusable data or weights stops the command before anything runs. */
  readonly strict?: boolean
}

/** How all runs ended. */
export interface CasesDone {
  readonly ends: RunEnds
  readonly refused: readonly RefusedCase[]
}

/**
 * Runs every case with every seed and hands what came out to `finish`, which may be stopped too: undefined. Runs that ended
 * in the folder before are kept.
 * @throws ConfigError, RunError, and, where no case can run or one of `strict` ones cannot, DataError and CheckpointError, all
 * before any run
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

/** @throws the error of the first case that cannot run, where none can or all must */
export function checkRefused({ runs, refused }: RunPlan, strict: boolean): void {
  const [first] = refused
  if (first && (strict || runs.length === 0)) throw first.error
}

/** How far each run has come. @throws ConfigError where one was run with other settings */
export function statesOf({ runs }: RunPlan): RunState[] {
  return runs.map(({ path, settings }) => runState(path, settings))
}

/** How the runs of a plan stand after a stop. */
export function stoppedAt(out: string, plan: RunPlan): ManyRunsStopped {
  const finished = statesOf(plan).filter((state) => typeof state === 'object')
  return { run: out, finished: false, finishedRuns: finished.length, totalRuns: plan.runs.length }
}

/** How many runs go on at a time. @throws ConfigError for limits that make no sense */
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
  return Math.min(jobs ?? usualJobs(device), Math.max(1, runs))
}
