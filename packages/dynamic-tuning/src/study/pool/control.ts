import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'
import type { PlannedRun } from './plan-runs.ts'
import type { JobEnd } from './start-finetune.ts'
import type { CaseRow } from './summarize-cases.ts'

/** Output folder, limits, callbacks and abort signal of a study. */
export interface ManyRunsControl {
  /** A new folder, or one of the same command to continue. */
  readonly out: string
  /** Concurrent runs, which share the threads; default half of the cores, 1 on a GPU. */
  readonly jobs?: number | undefined
  /** Memory for all runs together in MB of 2^20 bytes; a run starts only if it fits. Default no limit. */
  readonly memoryMB?: number | undefined
  /** Retries of a run whose process crashed or was killed. Default 0. */
  readonly retries?: number | undefined
  /** Write TensorBoard's event files into the run folders too. */
  readonly tensorboard?: boolean | undefined
  /** Aborting it stops running runs with checkpoints. */
  readonly signal?: AbortSignal | undefined
  readonly onStart?: (work: ManyRunsWork) => void
  readonly onStep?: (run: PlannedRun, metrics: StepMetrics, total: TrainTotal) => void
  /** A run ended in any way; `again` is true if it is retried. */
  readonly onRun?: (run: PlannedRun, end: JobEnd, again: boolean) => void
  /** All runs of a case ended, at least one successfully. */
  readonly onCase?: (row: CaseRow) => void
  /** The phase before and after the runs, in a few words. */
  readonly onPhase?: (phase: string) => void
}

/** Work of a study, after all checks. */
export interface ManyRunsWork {
  /** Names of all cases. */
  readonly cases: readonly string[]
  readonly runs: number
  /** Runs that were finished before. */
  readonly finished: number
  readonly jobs: number
}

/** State of a stopped study. */
export interface ManyRunsStopped {
  readonly run: string
  readonly finished: false
  readonly finishedRuns: number
  readonly totalRuns: number
}
