import { statSync } from 'node:fs'

/** A folder below a root: its images, clips and folders, sorted by code units, without hidden ones. */
export interface TreeFolder {
  /** Path relative to the root, with `/`; empty for the root itself. */
  readonly path: string
  readonly images: readonly string[]
  readonly clips: readonly string[]
  readonly folders: readonly string[]
  /** Pictures in formats that cannot be decoded here, such as HEIC. */
  readonly unread: readonly string[]
  /** True if the folder has nothing in it, or only hidden files. */
  readonly empty: boolean
  /** Time of the last change of its names in nanoseconds, and its inode: `MTIME INODE`. */
  readonly stamp: string
}

/** All folders below a root by path, including the root. */
export type ImageTree = ReadonlyMap<string, TreeFolder>

/** The current stamp of a folder; undefined if it does not exist. */
export function folderStamp(folder: string): string | undefined {
  const stat = statSync(folder, { bigint: true, throwIfNoEntry: false })
  return stat?.isDirectory() ? `${stat.mtimeNs} ${stat.ino}` : undefined
}
