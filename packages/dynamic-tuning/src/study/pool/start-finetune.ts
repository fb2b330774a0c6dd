import { fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'
import type { FailedEnd, Order, Report } from './process-messages.ts'

/** A run to start in a separate process. */
export interface FinetuneJob {
  readonly input: FinetuneInput
  /** The run folder. */
  readonly out: string
  readonly resume: boolean
  /** File for the output of the process. */
  readonly log: string
  readonly tensorboard?: boolean | undefined
}

/** Callback and abort signal of a run in a process. */
export interface JobControl {
  readonly signal?: AbortSignal | undefined
  readonly onStep?: (metrics: StepMetrics, total: TrainTotal) => void
}

/** Result of a run in a process. */
export type JobEnd =
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'stopped' }
  | FailedEnd

/**
 * Runs `finetune` in a separate process. Aborting `signal` ends it with a checkpoint. Never
 * rejects: a crashed process is a failed run.
 */
export function startFinetune({ log, ...job }: FinetuneJob, { signal, onStep }: JobControl): Promise<JobEnd> {
  const script = createRequire(import.meta.url).resolve('dynamic-tuning/finetune-process')
  const file = openSync(log, 'a')
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', file, file, 'ipc'] })
  closeSync(file)
  // A process that is exiting receives no messages.
  const send = (order: Order): void => void (child.connected && child.send(order, () => {}))
  const stop = (): void => send({ kind: 'stop' })
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
      // Its last message may still be pending.
      if (child.connected) child.once('disconnect', finish)
      else finish()
    })
    signal?.addEventListener('abort', stop)
    send({ kind: 'start', ...job })
    if (signal?.aborted) stop()
  }).finally(() => signal?.removeEventListener('abort', stop))
}

function crashed(code: number | null, by: NodeJS.Signals | null): JobEnd {
  const how = by === null ? `with code ${code}` : `by ${by}`
  const why = by === 'SIGKILL' ? ' Perhaps memory ran out.' : ''
  return { kind: 'failed', crashed: true, message: `run: its process was ended ${how}.${why} See its log.` }
}
