import { appendFileSync, existsSync, truncateSync } from 'node:fs'
import { RunError } from '../../errors.ts'
import { readRegular } from '../regular-file.ts'
import { scalarEvent, stepOf, versionEvent } from './event.ts'
import { encodeRecord, readRecords } from './records.ts'

/** The name of a run's event file: TensorBoard takes every file with `tfevents` in its name. */
export const eventFileName = 'events.out.tfevents.dynamic-tuning'

/** An open file of TensorBoard events. */
export interface EventFile {
  /** Appends scalars of a step with the current time. @throws RunError if the file cannot be written */
  append(step: number, scalars: readonly (readonly [tag: string, value: number])[]): void
  /** Removes events of steps after `step`, and an incomplete last event. */
  truncateAfter(step: number): void
}

/** Opens an event file, or creates it. */
export function openEventFile(path: string, now: () => number = () => Date.now() / 1000): EventFile {
  const write = (event: Uint8Array): void => {
    try {
      appendFileSync(path, encodeRecord(event))
    } catch (error) {
      throw new RunError(
        `tensorboard: cannot append to ${path}, got ${error instanceof Error ? error.message : error}.`,
      )
    }
  }
  return {
    append(step, scalars) {
      if (!existsSync(path)) write(versionEvent(now()))
      if (scalars.length > 0) write(scalarEvent(now(), step, scalars))
    },
    truncateAfter(step) {
      let end = 0
      for (const record of readRecords(readRegular(path))) {
        if (stepOf(record.data) > step) break
        end = record.end
      }
      truncateSync(path, end)
    },
  }
}
