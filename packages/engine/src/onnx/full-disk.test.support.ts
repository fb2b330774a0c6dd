import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A separate file system of one megabyte. */
export interface SmallDisk {
  readonly folder: string
  /** Fills it up to a few kilobytes. */
  fill(): void
  remove(): void
}

/** Mounts a small disk; if that is not allowed, prints why and returns undefined. */
export function smallDisk(): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true })
    console.warn(`skipped: a full disk cannot be made here, ${(error as Error).message.split('\n')[0]}`)
    return undefined
  }
  return {
    folder,
    fill() {
      for (const size of [2 ** 16, 2 ** 12])
        for (let i = 0; ; i++)
          try {
            writeFileSync(join(folder, `fill-${size}-${i}`), new Uint8Array(size))
          } catch {
            rmSync(join(folder, `fill-${size}-${i}`))
            break
          }
    },
    remove() {
      execFileSync('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}
