import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runFormatVersion } from './run-format.ts'
import { readMetricLines } from './run-metrics.ts'
import { eventFileName } from './tensorboard/event-file.ts'
import { isLeftover } from './write-aside.ts'

/** Name of a run folder's lock file. */
export const lockName = '.dynamic-tuning.lock'

/** What a run writes before its first step. */
const early: readonly string[] = ['config.json', 'metrics.jsonl', 'cache', 'checkpoint', eventFileName]

/**
 * True for a folder in which a run can start: it is empty, or holds a run that failed or was killed before
 * its first step and has nothing to resume.
 */
export function canStartIn(path: string): boolean {
  const entries = contents(path)
  if (entries.every((name) => name === eventFileName)) return true
  if (entries.some((name) => !early.includes(name)) || !isRunConfig(join(path, 'config.json'))) return false
  if (contents(join(path, 'checkpoint')).length > 0) return false
  return linesOf(path)?.every((line) => 'kind' in line && line.kind === 'features') ?? false
}

/** True for such a folder that no process has locked, and for one that does not exist. */
export function isFreeForRun(path: string): boolean {
  return canStartIn(path) && !existsSync(join(path, lockName))
}

/** Empties the folder of such a run, but for the lock. */
export function clearFailedStart(path: string): void {
  for (const name of readdirSync(path))
    if (!name.startsWith(lockName)) rmSync(join(path, name), { recursive: true, force: true })
}

/** Names in a folder without locks and temporary files of killed writers; none if there is no folder. */
export function contents(path: string): string[] {
  if (!existsSync(path)) return []
  return readdirSync(path).filter((name) => !name.startsWith(lockName) && !isLeftover(name))
}

function isRunConfig(path: string): boolean {
  try {
    const config: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const fields: Readonly<Record<string, unknown>> = { ...(typeof config === 'object' ? config : {}) }
    return fields.formatVersion === runFormatVersion && typeof fields.command === 'string'
  } catch {
    return false
  }
}

function linesOf(path: string): object[] | undefined {
  try {
    return readMetricLines(join(path, 'metrics.jsonl'))
  } catch {
    return undefined
  }
}
