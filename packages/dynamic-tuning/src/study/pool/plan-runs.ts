import { join } from 'node:path'
import { CheckpointError, ConfigError, DataError, type TuningError } from '../../errors.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { expectedMemoryMB } from '../../run/expected-memory.ts'
import type { FinetuneInput, FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import { shareResources } from './concurrency.ts'
import { casePath } from './many-folder.ts'
import { type ResolvedRun, settingsResolver } from './resolve-settings.ts'
import type { RunCase } from './run-case.ts'

/** One run: a case with a seed. */
export interface PlannedRun {
  readonly case: RunCase
  readonly seed: number
  /** Position in the plan, from 1. */
  readonly number: number
  /** The run folder. */
  readonly path: string
  /** Log file of its process, beside the run folder. */
  readonly log: string
  readonly input: FinetuneInput
  /** All settings, with open ones resolved from data and backbone. */
  readonly settings: FinetuneSettings
  /** The model that it tunes. */
  readonly config: ModelConfig
  /** Estimated memory of its process, in MB of 2^20 bytes. */
  readonly expectedMB: number
}

/** A case that cannot run: its data or weights are missing or damaged. */
export interface RefusedCase {
  readonly case: RunCase
  readonly error: TuningError
}

/** Runs to do, and cases that cannot run. */
export interface RunPlan {
  readonly runs: readonly PlannedRun[]
  readonly refused: readonly RefusedCase[]
}

/** Input of `planRuns`. */
export interface RunsWanted {
  /** The command's name, used as prefix of messages. */
  readonly where: string
  readonly cases: readonly RunCase[]
  readonly seeds: readonly number[]
  /** The command's folder. */
  readonly out: string
  /** Number of concurrent runs. */
  readonly jobs: number
  /** Folder of the cases within `out`. Default `cases`. */
  readonly below?: string | undefined
}

/**
 * Plans all runs of some cases, the seeds of a case one after the other. Opens data and backbone of
 * every case, so that problems show before any run starts.
 * @throws ConfigError naming the case whose settings do not fit data or backbone
 */
export async function planRuns(wanted: RunsWanted): Promise<RunPlan> {
  const { where, cases, seeds, out, jobs, below } = wanted
  const runs: PlannedRun[] = []
  const refused: RefusedCase[] = []
  const resolve = settingsResolver()
  for (const each of cases) {
    const share = shareResources(jobs, each.input)
    const resolved = await resolveCase(where, each, () =>
      resolve({ ...each.input, ...share, seed: seeds[0] }),
    )
    if (resolved instanceof Error) {
      refused.push({ case: each, error: resolved })
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
        settings: { ...resolved.settings, seed },
        config: resolved.config,
        expectedMB: expectedMemoryMB(resolved.settings, resolved.config),
      })
  }
  return { runs, refused }
}

async function resolveCase(
  where: string,
  { name }: RunCase,
  work: () => Promise<ResolvedRun>,
): Promise<ResolvedRun | RefusedCase['error']> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DataError || error instanceof CheckpointError) return error
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`${where}: case "${name}": ${error.message}`)
  }
}
