import { appendFileSync, existsSync, statSync, truncateSync } from 'node:fs'
import { RunError } from '../errors.ts'
import { parseJson } from './parse-json.ts'
import { readText } from './regular-file.ts'
import { writeAside } from './write-aside.ts'

/**
 * The lines of a metrics file, oldest first; none if the file is missing. A last line that
 * a crash cut off is left out.
 * @throws RunError naming the file and the line if another line is damaged
 */
export function readMetricLines(path: string): object[] {
  if (!existsSync(path)) return []
  const lines = readText(path, 'run', RunError, Number.POSITIVE_INFINITY).split('\n')
  const parsed: object[] = []
  for (const [index, line] of lines.entries()) {
    const value = parseLine(line)
    if (value !== undefined) parsed.push(value)
    else if (index < lines.length - 1) {
      throw new RunError(
        `run: line ${index + 1} of ${path} is not a JSON object, got ${line.slice(0, 60)}. Delete the line.`,
      )
    }
  }
  return parsed
}

/** Appends one line. @throws RunError if it cannot be written, e.g. on a full disk; no part of it remains */
export function appendMetricLine(path: string, line: object): void {
  const before = existsSync(path) ? statSync(path).size : 0
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  } catch (error) {
    if (existsSync(path) && statSync(path).isFile()) truncateSync(path, before)
    throw new RunError(
      `run: cannot append to ${path}, got ${error instanceof Error ? error.message : error}.`,
    )
  }
}

/** Removes lines whose `step` is after `step`, and an incomplete last line. */
export function truncateMetricLines(path: string, step: number): void {
  if (!existsSync(path)) return
  const kept = readMetricLines(path).filter((line) => {
    const at = 'step' in line ? line.step : undefined
    return typeof at !== 'number' || at <= step
  })
  writeAside(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

function parseLine(line: string): object | undefined {
  try {
    const value: unknown = parseJson(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
