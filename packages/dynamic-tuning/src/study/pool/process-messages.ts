import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'

/** A run that failed; `crashed` if its process ended without a report, so that another try may succeed. */
export interface FailedEnd {
  readonly kind: 'failed'
  readonly crashed: boolean
  readonly message: string
}

/** Message from the parent to the process. */
export type Order =
  | {
      readonly kind: 'start'
      readonly input: FinetuneInput
      readonly out: string
      readonly resume: boolean
      readonly tensorboard?: boolean | undefined
    }
  | { readonly kind: 'stop' }

/** Message from the process to the parent. */
export type Report =
  | { readonly kind: 'step'; readonly metrics: StepMetrics; readonly total: TrainTotal }
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'stopped' }
  | FailedEnd
