import type { RunLog, Snapshot } from './run-log.ts'

/** A run log in memory, for pages and tests. */
export interface MemoryLog extends RunLog {
  /** Copies of the metric lines, oldest first. */
  readonly lines: readonly object[]
}

/** An empty log; `path` names it in messages. */
export function memoryLog(path = 'memory'): MemoryLog {
  let lines: object[] = []
  let last: Snapshot | undefined
  return {
    path,
    checkpointPath: `the checkpoint in ${path}`,
    get lines() {
      return lines
    },
    appendMetric: (line) => {
      lines.push(structuredClone(line))
    },
    truncateMetricsAfter: (step) => {
      lines = lines.filter((line) => !('step' in line && typeof line.step === 'number' && line.step > step))
    },
    saveCheckpoint: (snapshot) => {
      last = structuredClone(snapshot)
    },
    loadCheckpoint: () => structuredClone(last),
  }
}
