import { join } from 'node:path'
import { CheckpointError, ConfigError, DataError, type TuningError } from '../../errors.ts'
import { expectedMemoryMB } from '../../run/expected-memory.ts'
import type { FinetuneInput, FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import { casePath } from './many-folder.ts'
import type { RunCase } from './run-case.ts'
import { type Settled, settleCases } from './settle-cases.ts'
import { shareOfMachine } from './share-of-machine.ts'

/** One run: a case with a seed. */
export interface PlannedRun {
  readonly case: RunCase
  readonly seed: number
  /** From 1 on, in the order of the plan. */
  readonly number: number
  /** The run folder. */
  readonly path: string
  /** Where its process's output goes, beside the run folder. */
  readonly log: string
  readonly input: FinetuneInput
  /** Every setting, as data and backbone decide those that are left open. */
  readonly settings: FinetuneSettings
  /** About what its process takes, in MB of 2^20 bytes. */
  readonly expectedMB: number
}

/** A case that cannot run: its data or weights are missing or damaged. */
export interface RefusedCase {
  readonly case: RunCase
  readonly error: TuningError
}

/** Everything there is to run, and what cannot. */
export interface RunPlan {
  readonly runs: readonly PlannedRun[]
  readonly refused: readonly RefusedCase[]
}

/** What is to be planned. */
export interface RunsWanted {
  /** The command's name, which begins messages. */
  readonly where: string
  readonly cases: readonly RunCase[]
  readonly seeds: readonly number[]
  /** The command's folder. */
  readonly out: string
  /** How many runs share the machine. */
  readonly jobs: number
  /** Folder of the cases within `out`. Default `cases`. */
  readonly below?: string | undefined
}

/**
 * All runs of some cases, the seeds of a case one after the other. Data and backbone of every case are opened, so that what
 * cannot run is known before anything runs.
 * @throws ConfigError naming the case whose settings do not fit data or backbone
 */
export async function planRuns(wanted: RunsWanted): Promise<RunPlan> {
  const { where, cases, seeds, out, jobs, below } = wanted
  const runs: PlannedRun[] = []
  const refused: RefusedCase[] = []
  const settle = settleCases()
  for (const each of cases) {
    const share = shareOfMachine(jobs, each.input)
    const settled = await settleCase(where, each, () => settle({ ...each.input, ...share, seed: seeds[0] }))
    if (settled instanceof Error) {
      refused.push({ case: each, error: settled })
      continue
    }
    const folder = casePath(out, each.folder, below)
    for (const seed of seeds)
      runs.push({
        case: each,
        seed,
        number: runs.length + 1,
        path: join(folder, `seed${seed}`),
        log: join(folder, `seed${seed}.log`),
        input: { ...each.input, ...share, seed },
        settings: { ...settled.settings, seed },
        expectedMB: expectedMemoryMB(settled.settings, settled.config),
      })
  }
  return { runs, refused }
}

async function settleCase(
  where: string,
  { name }: RunCase,
  work: () => Promise<Settled>,
): Promise<Settled | RefusedCase['error']> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DataError || error instanceof CheckpointError) return error
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`${where}: case "${name}": ${error.message}`)
  }
}
