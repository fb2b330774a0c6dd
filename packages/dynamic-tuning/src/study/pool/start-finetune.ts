import { fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'
import type { FailedEnd, Order, Report } from './process-messages.ts'

/** A run that gets a process of its own. */
export interface FinetuneJob {
  readonly input: FinetuneInput
  /** The run folder. */
  readonly out: string
  readonly resume: boolean
  /** File to which everything goes that the process prints. */
  readonly log: string
  readonly tensorboard?: boolean | undefined
}

/** Where a run in a process reports and how it is stopped. */
export interface JobControl {
  readonly signal?: AbortSignal | undefined
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
}

/** How a run in a process ended. */
export type JobEnd =
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'stopped' }
  | FailedEnd

/**
 * Runs `finetune` in a process of its own. Raising `signal` ends it with a checkpoint. A process that crashes is a run that
 * failed: this never rejects.
 */
export function startFinetune({ log, ...job }: FinetuneJob, { signal, onStep }: JobControl): Promise<JobEnd> {
  const script = createRequire(import.meta.url).resolve('dynamic-tuning/finetune-process')
  const file = openSync(log, 'a')
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', file, file, 'ipc'] })
  closeSync(file)
  // A process that is ending already cannot be told anything: its end says the rest.
  const tell = (order: Order): void => void (child.connected && child.send(order, () => {}))
  const stop = (): void => tell({ kind: 'stop' })
  return new Promise<JobEnd>((resolve) => {
    let end: JobEnd | undefined
    child.on('message', (report: Report) => {
      if (report.kind === 'step') onStep?.(report.metrics, report.total)
      else end = report
    })
    child.on('error', ({ message }) =>
      resolve({
        kind: 'failed',
        crashed: true,
        message: `run: a process could not be started, got ${message}.`,
      }),
    )
    child.on('exit', (code, by) => {
      const finish = (): void => resolve(end ?? (signal?.aborted ? { kind: 'stopped' } : crashed(code, by)))
      // What it said last may still be on its way.
      if (child.connected) child.once('disconnect', finish)
      else finish()
    })
    signal?.addEventListener('abort', stop)
    tell({ kind: 'start', ...job })
    if (signal?.aborted) stop()
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function crashed(code: number | null, by: NodeJS.Signals | null): JobEnd {
  const how = by === null ? `with code ${code}` : `by ${by}`
  const why = by === 'SIGKILL' ? ' Perhaps memory ran out.' : ''
  return { kind: 'failed', crashed: true, message: `run: its process was ended ${how}.${why} See its log.` }
}
