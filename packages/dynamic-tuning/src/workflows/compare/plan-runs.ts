import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../errors.ts'
import type { FinetuneInput, FinetuneSettings } from '../finetune-settings.ts'
import { prepareRun } from '../prepare-run.ts'
import { casePath } from './compare-folder.ts'
import type { CompareCase, ComparePlan } from './plan.ts'

/** One run: a case with a seed. */
export interface PlannedRun {
  readonly case: CompareCase
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
}

/**
 * All runs of a comparison, the seeds of a case one after the other. Data and backbone of every case are opened, so that what
 * cannot run is refused before anything runs.
 * @throws ConfigError naming the case whose settings do not fit data or backbone; DataError, CheckpointError
 */
export async function planRuns(
  { cases, seeds }: ComparePlan,
  out: string,
  jobs: number,
): Promise<PlannedRun[]> {
  const runs: PlannedRun[] = []
  for (const each of cases) {
    const share = shareOfMachine(jobs, each.input)
    const settings = await settle(each, { ...each.input, ...share, seed: seeds[0] })
    for (const seed of seeds)
      runs.push({
        case: each,
        seed,
        number: runs.length + 1,
        path: join(casePath(out, each.folder), `seed${seed}`),
        log: join(casePath(out, each.folder), `seed${seed}.log`),
        input: { ...each.input, ...share, seed },
        settings: { ...settings, seed },
      })
  }
  return runs
}

async function settle({ name }: CompareCase, input: FinetuneInput): Promise<FinetuneSettings> {
  try {
    return (await prepareRun(input)).settings
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`compare: case "${name}": ${error.message}`)
  }
}

/**
 * How many runs go on at a time where nothing is said: half of the cores, since a run keeps more than one busy, and one on a
 * GPU, whose memory they would share.
 */
export function usualJobs(
  device: FinetuneInput['device'] = 'cpu',
  cores: number = availableParallelism(),
): number {
  return device === 'cpu' ? Math.max(1, Math.floor(cores / 2)) : 1
}

/** Threads of one of `jobs` runs that share a machine; `threads` and `workers` are those of all together. */
export function shareOfMachine(
  jobs: number,
  { threads = 0, workers }: Pick<FinetuneInput, 'threads' | 'workers'>,
  cores: number = availableParallelism(),
): { readonly threads: number; readonly workers?: number } {
  const divided = (count: number): number => Math.max(1, Math.floor(count / jobs))
  if (jobs === 1) return { threads, ...(workers !== undefined && { workers }) }
  return { threads: divided(threads || cores), workers: workers === 0 ? 0 : divided(workers ?? cores - 1) }
}
