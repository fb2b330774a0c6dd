import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RunFolder } from '../run-folder.ts'
import { type EventFile, eventFileName, openEventFile } from './event-file.ts'
import { metricScalars } from './metric-scalars.ts'

/**
 * Makes a run folder write its metrics to a TensorBoard event file too, if `wanted` or if the run already has
 * one. Lines that resuming from a checkpoint removes from `metrics.jsonl` are removed from the events as
 * well, so that no step occurs twice. A run that had no event file gets the events of its earlier metrics; a
 * new one gets the file at once, so that resuming knows of the wish.
 */
export function withEvents(run: RunFolder, wanted = false): RunFolder {
  const path = join(run.path, eventFileName)
  if (!wanted && !existsSync(path)) return run
  const events = openEventFile(path)
  if (run.writable && run.readMetrics().length === 0) events.append(0, [])
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
  // Features of a frozen part are computed once: their line is no curve.
  if (kind !== 'features' && typeof step === 'number') events.append(step, metricScalars(fields))
}
