import { createHash } from 'node:crypto'
import { createReadStream, existsSync, rmSync, statSync, truncateSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { DownloadError } from '../../errors.ts'
import type { HubFile } from './hub-files.ts'
import { causeOf, givenUp, hubFetch, TransientError } from './hub-request.ts'
import type { HubSettings } from './hub-settings.ts'
import { type StallControl, type StallTimer, stallTimer } from './stall-timer.ts'

/** Options for receiving a file. */
export interface ReceiveControl extends StallControl {
  /** Called after each piece with the number of bytes received so far. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Number of tries in a row without a new byte before giving up. Default 5. */
  readonly tries?: number | undefined
  /** Seconds before the second try; doubled for each further one. Default 1. */
  readonly pauseSeconds?: number | undefined
}

/**
 * Downloads a file to `part`, continuing after the bytes of an earlier try, and verifies its hash. Cut
 * connections are reopened. A file with a wrong hash is removed, and downloaded once more if it was
 * continued from an earlier try.
 * @throws DownloadError if the file cannot be received or has the wrong hash; received
 * bytes stay for the next call
 */
export async function receiveFile(
  settings: HubSettings,
  file: HubFile,
  part: string,
  control: ReceiveControl = {},
): Promise<void> {
  for (let resumed = bytesIn(part) > 0; ; resumed = false) {
    await retrying(
      () => receiveRest(settings, file, part, control),
      () => bytesIn(part),
      control,
    )
    const got = await hashOf(part, file)
    if (got === file.hash) return
    rmSync(part, { force: true })
    if (resumed) continue
    throw new DownloadError(
      `download: ${file.url} came with the hash ${got}, ${file.hash} was promised. The file was removed: try again, or check HF_ENDPOINT.`,
    )
  }
}

/** Repeats `work` until it succeeds; failures count from the start again whenever `measure` has grown. */
export async function retrying<T>(
  work: () => Promise<T>,
  measure: () => number,
  { tries = 5, pauseSeconds = 1, signal }: ReceiveControl,
): Promise<T> {
  for (let failures = 0, before = measure(); ; ) {
    try {
      return await work()
    } catch (error) {
      if (signal?.aborted)
        throw new DownloadError('download: stopped. It goes on where it was at the next call.')
      if (!(error instanceof TransientError)) throw error
      const now = measure()
      failures = now > before ? 1 : failures + 1
      before = now
      if (failures >= tries) throw givenUp(error)
    }
    await pause(1000 * pauseSeconds * 2 ** (failures - 1))
  }
}

async function receiveRest(
  settings: HubSettings,
  { url, size }: HubFile,
  part: string,
  control: ReceiveControl,
): Promise<void> {
  if (bytesIn(part) > size) truncateSync(part)
  const start = bytesIn(part)
  control.onBytes?.(start)
  if (start === size && existsSync(part)) return
  const stall = stallTimer(control)
  try {
    const headers: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {}
    const response = await hubFetch(settings, { url, headers, signal: stall.signal })
    if (response.status === 416) {
      truncateSync(part)
      throw new TransientError(`${url} has no bytes behind ${start}`)
    }
    await writeBody(response, part, { start: startOf(url, response, start), size, stall, control })
  } finally {
    stall.stop()
  }
  const got = bytesIn(part)
  if (got !== size) throw new TransientError(`${url} ended after ${got} of ${size} bytes`)
}

/**
 * Offset at which the response body is written: after the existing bytes, or 0 if the server ignores ranges.
 */
function startOf(url: string, { status, headers }: Response, wanted: number): number {
  if (status === 200) return 0
  const range = headers.get('content-range') ?? ''
  if (status === 206 && range.startsWith(`bytes ${wanted}-`)) return wanted
  throw new DownloadError(
    `download: ${url} answered ${status} with the range "${range}", bytes from ${wanted} were asked for. Check HF_ENDPOINT.`,
  )
}

interface Place {
  readonly start: number
  readonly size: number
  readonly stall: StallTimer
  readonly control: ReceiveControl
}

async function writeBody(response: Response, part: string, place: Place): Promise<void> {
  const { start, size, stall, control } = place
  const file = await opened(part, start)
  let at = start
  try {
    for await (const piece of response.body ?? []) {
      stall.alive()
      if (at + piece.length > size)
        throw new DownloadError(
          `download: ${response.url} has more than the ${size} bytes that were promised. Check HF_ENDPOINT.`,
        )
      await written(file, part, piece, at)
      at += piece.length
      control.onBytes?.(at)
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error
    throw new TransientError(`the connection was cut after ${at} of ${size} bytes, got ${causeOf(error)}`)
  } finally {
    await file.sync().catch(() => {})
    await file.close()
  }
}

async function opened(part: string, start: number): Promise<FileHandle> {
  try {
    return await open(part, start === 0 ? 'w' : 'r+')
  } catch (error) {
    throw new DownloadError(`download: cannot write ${part}, got ${causeOf(error)}. Set HF_HUB_CACHE.`)
  }
}

async function written(file: FileHandle, part: string, piece: Uint8Array, at: number): Promise<void> {
  try {
    for (let done = 0; done < piece.length; )
      done += (await file.write(piece, done, piece.length - done, at + done)).bytesWritten
  } catch (error) {
    throw new DownloadError(
      `download: cannot write ${part}, got ${causeOf(error)}. Free some space, or set HF_HUB_CACHE to another disk.`,
    )
  }
}

function bytesIn(path: string): number {
  return existsSync(path) ? statSync(path).size : 0
}

/** SHA-256, or Git's SHA-1 if `hash` is one. */
async function hashOf(path: string, { hash, size }: HubFile): Promise<string> {
  const sum = hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 2 ** 20 })
  for await (const piece of pieces) sum.update(piece)
  return sum.digest('hex')
}
