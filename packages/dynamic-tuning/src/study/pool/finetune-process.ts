import { TuningError } from '../../errors.ts'
import { finetune } from '../../run/finetune.ts'
import type { FinetuneInput } from '../../run/settings/finetune-settings.ts'
import type { RunSummary } from '../../run/summary.ts'
import type { StepMetrics } from '../../training/metrics.ts'
import type { TrainTotal } from '../../training/trainer.ts'
import type { FailedEnd } from './start-finetune.ts'

// The script of a process that does one run: `startFinetune` forks it. What it says goes to the run's log.

/** What the process is told. */
export type Order =
  | {
      readonly kind: 'start'
      readonly input: FinetuneInput
      readonly out: string
      readonly resume: boolean
      readonly tensorboard?: boolean | undefined
    }
  | { readonly kind: 'stop' }

/** What it answers. */
export type Report =
  | { readonly kind: 'step'; readonly metrics: StepMetrics; readonly total: TrainTotal }
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'stopped' }
  | FailedEnd

const controller = new AbortController()
const stop = (): void => controller.abort()

// Ctrl-C in a terminal reaches this process beside the order to stop: only a second one ends it at once.
let signals = 0
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (++signals > 1) process.exit(130)
    stop()
  })
// Nobody waits for this run any more: leave a checkpoint and go.
process.on('disconnect', stop)
process.on('message', (order: Order) => {
  if (order.kind === 'stop') stop()
  else run(order).then(answer, fail)
})

async function run({ input, out, resume, tensorboard }: Extract<Order, { kind: 'start' }>): Promise<Report> {
  const { summary } = await finetune(input, {
    out,
    resume,
    tensorboard,
    signal: controller.signal,
    onPhase: (phase) => console.error(phase),
    onStep: (metrics, total) => report({ kind: 'step', metrics, total }),
    onEpoch: (metrics) => console.error(JSON.stringify(metrics)),
  })
  return summary ? { kind: 'finished', summary } : { kind: 'stopped' }
}

function fail(error: unknown): void {
  console.error(error)
  process.exitCode = 1
  // The library's own errors follow from settings, data and folders; others, such as memory that ran out, may not come again.
  const crashed = !(error instanceof TuningError)
  answer({ kind: 'failed', crashed, message: error instanceof Error ? error.message : String(error) })
}

function answer(last: Report): void {
  console.error(last.kind)
  report(last, () => process.connected && process.disconnect())
}

/** A parent that is gone does not listen, and that is no failure. */
function report(message: Report, sent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, {}, sent)
}
