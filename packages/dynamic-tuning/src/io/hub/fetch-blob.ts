import { existsSync, mkdirSync, renameSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DownloadError } from '../../errors.ts'
import { type LockOwner, tryLock } from '../run-lock.ts'
import type { CachedRepo } from './hub-cache.ts'
import type { HubFile } from './hub-files.ts'
import type { HubSettings } from './hub-settings.ts'
import { type ReceiveControl, receiveFile } from './receive-file.ts'

/** Milliseconds without a new byte after which another process's download counts as dead. */
const patience = 120_000

/**
 * Downloads a file into `blobs/` of a repository unless it is there. It is written under a temporary name and
 * renamed once its hash is verified. One process downloads at a time; others wait, and take over if it dies.
 * @throws DownloadError as `receiveFile`, and if the disk is full
 */
export async function fetchBlob(
  settings: HubSettings,
  repo: CachedRepo,
  file: HubFile,
  control: ReceiveControl = {},
): Promise<void> {
  const blob = repo.blob(file.hash)
  const part = `${blob}.dyt-part`
  repo.writing(blob, () => mkdirSync(dirname(blob), { recursive: true }))
  const release = await lockOrBlob(blob, part, control)
  if (release === undefined) return
  try {
    if (existsSync(blob)) return
    checkSpace(part, file)
    await receiveFile(settings, file, part, control)
    renameSync(part, blob)
  } finally {
    release()
  }
}

/** Waits for the lock, or until another process has downloaded the blob. */
async function lockOrBlob(
  blob: string,
  part: string,
  { signal }: ReceiveControl,
): Promise<(() => void) | undefined> {
  for (let bytes = -1, since = Date.now(); !existsSync(blob); await pause(100)) {
    const taken = tryLock(`${blob}.lock`, dirname(blob))
    if (typeof taken === 'function') return taken
    if (signal?.aborted) throw new DownloadError('download: stopped while another process fetched the file.')
    const now = existsSync(part) ? statSync(part).size : 0
    if (now !== bytes) since = Date.now()
    bytes = now
    if (Date.now() - since > patience) throw stuck(blob, taken)
  }
  return undefined
}

function stuck(blob: string, { pid, host }: LockOwner): DownloadError {
  return new DownloadError(
    `download: process ${pid} on ${host} fetches ${blob} and gets nowhere. End it, or delete ${blob}.lock if it has ended.`,
  )
}

function checkSpace(part: string, { url, size }: HubFile): void {
  const { bavail, bsize } = statfsSync(dirname(part))
  const wanted = size - (existsSync(part) ? statSync(part).size : 0)
  if (wanted <= bavail * bsize) return
  const mega = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`
  throw new DownloadError(
    `download: ${url} needs ${mega(wanted)}, ${dirname(part)} has ${mega(bavail * bsize)} left. Free some space, or set HF_HUB_CACHE to another disk.`,
  )
}
