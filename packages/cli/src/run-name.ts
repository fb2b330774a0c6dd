import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'

/** A new folder below `runs/`, named by data and method: `runs/flowers-dyt`, then `runs/flowers-dyt-2`. */
export function freeRunFolder(data: string, method: string, parent = 'runs'): string {
  const name = `${dataName(data)}-${method}`
  for (let count = 1; ; count++) {
    const path = join(parent, count === 1 ? name : `${name}-${count}`)
    if (!existsSync(path)) return path
  }
}

/** What data are called in the name of a folder: `flowers`. */
export function dataName(data: string): string {
  const place = data.startsWith('builtin:') ? data.slice('builtin:'.length) : basename(data, extname(data))
  return place.replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'data'
}

/** A path as it is typed in a shell: in quotes where it needs them. */
export function quoted(path: string): string {
  return /^[\w./:@%+=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
