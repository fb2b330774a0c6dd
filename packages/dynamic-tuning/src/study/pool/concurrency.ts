import { availableParallelism } from 'node:os'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'

/**
 * Default number of concurrent runs: half of the cores, since a run keeps more than one busy, and
 * one on a GPU, whose memory runs would share.
 */
export function defaultJobs(
  device: FinetuneInput['device'] = 'cpu',
  cores: number = availableParallelism(),
): number {
  return device === 'cpu' ? Math.max(1, Math.floor(cores / 2)) : 1
}

/** Threads and workers of each of `jobs` concurrent runs; `threads` and `workers` are the totals. */
export function shareResources(
  jobs: number,
  { threads = 0, workers }: Pick<FinetuneInput, 'threads' | 'workers'>,
  cores: number = availableParallelism(),
): { readonly threads: number; readonly workers?: number } {
  const divided = (count: number): number => Math.max(1, Math.floor(count / jobs))
  if (jobs === 1) return { threads, ...(workers !== undefined && { workers }) }
  return { threads: divided(threads || cores), workers: workers === 0 ? 0 : divided(workers ?? cores - 1) }
}
