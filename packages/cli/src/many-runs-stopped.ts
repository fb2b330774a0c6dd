import type { ManyRunsStopped } from 'dynamic-tuning'
import { stoppedCode } from 'dynamic-tuning/io'
import type { Terminal } from './terminal/terminal.ts'

/** Reports how far a study came before it was stopped. @returns the exit code */
export function manyRunsStopped(stopped: ManyRunsStopped, terminal: Terminal): number {
  terminal.result(stopped, () => '')
  const { finishedRuns, totalRuns } = stopped
  terminal.note(
    `Stopped with ${finishedRuns} of ${totalRuns} runs finished. The same command goes on from here.`,
  )
  return stoppedCode
}
