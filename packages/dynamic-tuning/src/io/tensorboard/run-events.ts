import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFolder } from '../run-folder.ts'
import { type EventFile, eventFileName, openEventFile } from './event-file.ts'
import { metricScalars } from './metric-scalars.ts'

/**
 * The same run folder, whose metrics go into an event file for TensorBoard too where that is `wanted` or the run has one. What is cut
 * from `metrics.jsonl` when a run goes on from a checkpoint is cut from the events as well, so that no step is there twice;
 * a run that had no events so far gets those of its metrics.
 */
export function withEvents(run: RunFolder, wanted = false): RunFolder {
  const path = join(run.path, eventFileName)
  if (!wanted && !existsSync(path)) return run
  const events = openEventFile(path)
  const append = (line: object): void => {
    run.appendMetric(line)
    appendLine(events, line)
  }
  const truncate = (step: number): void => {
    run.truncateMetricsAfter(step)
    if (existsSync(path)) events.truncateAfter(step)
    else for (const line of run.readMetrics()) appendLine(events, line)
  }
  return Object.create(run, {
    appendMetric: { value: append },
    truncateMetricsAfter: { value: truncate },
  })
}

function appendLine(events: EventFile, line: object): void {
  const fields: Readonly<Record<string, unknown>> = { ...line }
  const { kind, step } = fields
  // What is told once, as the features of a frozen part are made, is no curve.
  if (kind !== 'features' && typeof step === 'number') events.append(step, metricScalars(fields))
}
