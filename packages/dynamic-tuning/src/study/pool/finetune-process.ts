import { TuningError } from '../../errors.ts'
import { listenForStop } from '../../io/stop-signals.ts'
import { finetune } from '../../run/finetune.ts'
import type { Order, Report } from './process-messages.ts'

// Script of a process for one run, forked by `startFinetune`. Its output goes to the run's log.

// The parent asks to stop, and Ctrl-C in a terminal reaches this process too.
const controller = new AbortController()
const stop = (): void => controller.abort()
listenForStop(stop)
// The parent is gone: write a checkpoint and exit.
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
  // Errors of the library follow from settings, data and folders; others, such as out of memory, may
  // not recur.
  const crashed = !(error instanceof TuningError)
  answer({ kind: 'failed', crashed, message: error instanceof Error ? error.message : String(error) })
}

function answer(last: Report): void {
  console.error(last.kind)
  report(last, () => process.connected && process.disconnect())
}

/** Sends a message unless the parent is gone. */
function report(message: Report, sent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, {}, sent)
}
