import { basename, extname, join } from 'node:path'
import { isFreeForRun } from 'dynamic-tuning/io'

/**
 * A new folder in `runs/`, or one whose run failed before its first step, named after data and method:
 * `runs/flowers-dyt`, then `runs/flowers-dyt-2`.
 */
export function freeRunFolder(data: string, method: string, parent = 'runs'): string {
  const name = `${dataName(data)}-${method}`
  for (let count = 1; ; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`)
    if (isFreeForRun(path)) return path
  }
}

/** Name of data within the name of a folder: `flowers`. */
export function dataName(data: string): string {
  const place = data.startsWith('builtin:') ? data.slice('builtin:'.length) : basename(data, extname(data))
  return place.replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'data'
}

/** A path as typed in a shell, in quotes if needed. */
export function quoted(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
