import { constants, copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import { RunError } from '../errors.ts'
import { readRegular } from './regular-file.ts'

const owner = z.object({ pid: z.int().positive(), started: z.string().optional(), host: z.string() })

/** The process that holds a lock. */
export type LockOwner = z.infer<typeof owner>

/**
 * Takes the lock file `path` for this process and returns a function that releases it. The lock of a process
 * that has ended is taken over; the stored start time tells that process from a later one with the same id.
 * @throws RunError naming the process that holds the lock
 */
export function takeLock(path: string, folder: string): () => void {
  const taken = tryLock(path, folder)
  if (typeof taken === 'function') return taken
  if (taken.host === hostname())
    throw new RunError(
      `run: ${folder} is in use by process ${taken.pid}. Wait for it to end, or choose another folder.`,
    )
  throw new RunError(
    `run: ${folder} is in use by process ${taken.pid} on ${taken.host}. If that has ended, delete ${path}.`,
  )
}

/**
 * As `takeLock`, but returns the process that holds the lock, if there is one.
 * @throws RunError if the lock cannot be written
 */
export function tryLock(path: string, folder: string): (() => void) | LockOwner {
  const started = startTime(process.pid)
  const own: LockOwner = { pid: process.pid, host: hostname(), ...(started !== undefined && { started }) }
  const text = JSON.stringify(own)
  while (!place(path, text, folder)) {
    const found = read(path)
    if (found === undefined) continue
    const holder = parseOwner(found)
    // A lock that cannot be read is left from a crash: locks are created with their content.
    if (holder !== undefined && isHeld(holder)) return holder
    removeStale(path, found)
  }
  return () => {
    if (read(path) === text) rmSync(path, { force: true })
  }
}

/** The process that holds a lock; undefined if none does. */
export function lockHolder(path: string): LockOwner | undefined {
  const holder = parseOwner(read(path) ?? '')
  return holder !== undefined && isHeld(holder) ? holder : undefined
}

/** True if the process is alive, or on another machine, where this cannot be checked. */
function isHeld(holder: LockOwner): boolean {
  return holder.host !== hostname() || isAlive(holder)
}

/**
 * Creates the lock together with its content, so that no process reads half of it.
 * Returns false if it exists.
 */
function place(path: string, text: string, folder: string): boolean {
  const aside = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(aside, text)
    try {
      linkSync(aside, path)
    } catch (error) {
      // The file put aside is gone where another process tidied up the folder in the meantime.
      if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOENT') return false
      // Some network drives and FAT drives have no links.
      copyFileSync(aside, path, constants.COPYFILE_EXCL)
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new RunError(
      `run: cannot write to ${folder}, got ${error instanceof Error ? error.message : error}.`,
    )
  } finally {
    rmSync(aside, { force: true })
  }
}

function removeStale(path: string, text: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  // Another process may have taken over the stale lock in the meantime: then its lock is put back.
  if (read(aside) === text) rmSync(aside, { force: true })
  else renameSync(aside, path)
}

function isAlive({ pid, started }: LockOwner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  const now = startTime(pid)
  return started === undefined || now === undefined || started === now
}

/** The start time of a process, only good for comparing; undefined if the system does not tell. */
function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const boot = read('/proc/sys/kernel/random/boot_id')
  if (stat === undefined || boot === undefined) return undefined
  // Fields 3 and 22; the command in parentheses before them may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? 'ended, not yet collected by its parent' : `${boot.trim()}/${fields[19]}`
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    return owner.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function read(path: string): string | undefined {
  try {
    return readRegular(path).toString('utf8')
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
