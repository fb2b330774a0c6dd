import { statSync } from 'node:fs'

/** A folder below a root: the images, clips and folders in it, sorted by code units, hidden ones left out. */
export interface TreeFolder {
  /** From the root, with `/`; empty for the root itself. */
  readonly path: string
  readonly images: readonly string[]
  readonly clips: readonly string[]
  readonly folders: readonly string[]
  /** Whether there is anything in it that is not hidden. */
  readonly empty: boolean
  /** When names in it last changed, in nanoseconds, and which folder it was: `MTIME INODE`. */
  readonly stamp: string
}

/** All folders below a root by path, the root included. */
export type ImageTree = ReadonlyMap<string, TreeFolder>

/** The stamp of a folder as it is now; undefined if there is none. */
export function folderStamp(folder: string): string | undefined {
  const stat = statSync(folder, { bigint: true, throwIfNoEntry: false })
  return stat?.isDirectory() ? `${stat.mtimeNs} ${stat.ino}` : undefined
}
