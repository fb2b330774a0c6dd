import { TuningError } from '../../errors.ts'
import { finetune } from '../../run/finetune.ts'
import type { Order, Report } from './process-messages.ts'

// The script of a process that does one run: `startFinetune` forks it. What it prints goes to the run's log.

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
