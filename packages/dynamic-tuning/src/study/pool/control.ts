import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'
import type { PlannedRun } from './plan-runs.ts'
import type { JobEnd } from './start-finetune.ts'
import type { CaseRow } from './summarize-cases.ts'

/** Where a command that makes many runs writes and reports, and how it is stopped. */
export interface ManyRunsControl {
  /** A new folder, or that of the same command which goes on. */
  readonly out: string
  /** Runs at a time; default half of the cores, 1 on a GPU. They share the threads. */
  readonly jobs?: number | undefined
  /** MB of 2^20 bytes that runs may take together: one more begins only where it fits. Default no limit. */
  readonly memoryMB?: number | undefined
  /** How often a run is begun again whose process crashed or was killed. Default 0. */
  readonly retries?: number | undefined
  /** Write TensorBoard's event files into the run folders too. */
  readonly tensorboard?: boolean | undefined
  /** Raised, it stops the runs under way with checkpoints. */
  readonly signal?: AbortSignal | undefined
  readonly onStart?: (work: ManyRunsWork) => void
  readonly onStep?: (run: PlannedRun, metrics: StepMetrics, total: TrainTotal) => void
  /** A run came to an end of any kind; `again` where it is begun once more. */
  readonly onRun?: (run: PlannedRun, end: JobEnd, again: boolean) => void
  /** All runs of a case have ended, at least one of them well. */
  readonly onCase?: (row: CaseRow) => void
  /** What is going on before and after the runs, in a few words. */
  readonly onPhase?: (phase: string) => void
}

/** What is about to be done, once everything is checked. */
export interface ManyRunsWork {
  /** Names of all cases. */
  readonly cases: readonly string[]
  readonly runs: number
  /** How many of them were done before. */
  readonly finished: number
  readonly jobs: number
}

/** How a command stands that was stopped. */
export interface ManyRunsStopped {
  readonly run: string
  readonly finished: false
  readonly finishedRuns: number
  readonly totalRuns: number
}
