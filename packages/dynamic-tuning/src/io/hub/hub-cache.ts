import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { DownloadError } from '../../errors.ts'
import { isFile, readText } from '../regular-file.ts'
import { readShardIndex } from '../sharded.ts'
import { weightFiles } from '../weights-in.ts'
import { writeAside } from '../write-aside.ts'
import { type HubName, isCommit } from './hub-name.ts'

/** Files that describe a model beside its weights; a repository may lack them. */
export const sideFiles = ['config.json', 'preprocessor_config.json'] as const

/** A model in the cache. */
export interface FetchedModel {
  readonly model: string
  readonly commit: string
  /** The folder with its files. */
  readonly path: string
}

/**
 * A repository in the cache, in the layout of Hugging Face's own tools: `blobs/` has files by hash,
 * `snapshots/COMMIT/` links to them by name, `refs/` stores the last known commit of a branch,
 * `.no_exist/COMMIT/` lists the files that a commit lacks.
 */
export class CachedRepo {
  readonly folder: string

  constructor(
    cache: string,
    readonly name: HubName,
  ) {
    this.folder = join(cache, `models--${name.repo.replace('/', '--')}`)
  }

  /** The model if all of its files are in the cache. */
  complete(): FetchedModel | undefined {
    const commit = this.commit()
    return commit !== undefined && this.isComplete(commit) ? this.at(commit) : undefined
  }

  /** The model at a commit, whether or not it is in the cache. */
  at(commit: string): FetchedModel {
    return { model: this.name.repo, commit, path: this.snapshot(commit) }
  }

  /** The last known commit of the revision. */
  commit(): string | undefined {
    const { revision } = this.name
    if (isCommit(revision)) return revision
    const path = join(this.folder, 'refs', revision)
    const commit = isFile(path) ? readText(path, 'download', DownloadError, 1000).trim() : ''
    return isCommit(commit) ? commit : undefined
  }

  isComplete(commit: string): boolean {
    const snapshot = this.snapshot(commit)
    const known = (name: string): boolean =>
      existsSync(join(snapshot, name)) || existsSync(join(this.folder, '.no_exist', commit, name))
    const weights = weightFiles.find((name) => existsSync(join(snapshot, name)))
    if (weights === undefined || !sideFiles.every(known)) return false
    if (!weights.endsWith('.index.json')) return true
    const shards = Object.values(readShardIndex(join(snapshot, weights)))
    return shards.every((name) => existsSync(join(snapshot, name)))
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit)
  }

  /** Path of the file with this hash, whether or not it exists. */
  blob(hash: string): string {
    return join(this.folder, 'blobs', hash)
  }

  /** Gives a blob its name in a commit: a relative link, or a copy on systems without links. */
  link(commit: string, name: string, hash: string): void {
    const path = join(this.snapshot(commit), name)
    const aside = `${path}.${process.pid}.tmp`
    this.writing(path, () => {
      rmSync(aside, { force: true })
      try {
        symlinkSync(relative(dirname(path), this.blob(hash)), aside)
      } catch {
        copyFileSync(this.blob(hash), aside)
      }
      renameSync(aside, path)
    })
  }

  /** Records that a commit lacks a file. */
  noteMissing(commit: string, name: string): void {
    const path = join(this.folder, '.no_exist', commit, name)
    this.writing(path, () => writeAside(path, '', DownloadError))
  }

  /** Records the commit of the revision. */
  noteCommit(commit: string): void {
    if (isCommit(this.name.revision)) return
    const path = join(this.folder, 'refs', this.name.revision)
    this.writing(path, () => writeAside(path, commit, DownloadError))
  }

  /** Runs `work` after creating the folder of the file `path`. @throws DownloadError if either fails */
  writing(path: string, work: () => void): void {
    try {
      mkdirSync(dirname(path), { recursive: true })
      work()
    } catch (error) {
      if (error instanceof DownloadError) throw error
      throw new DownloadError(
        `download: cannot write to ${this.folder}, got ${error instanceof Error ? error.message : error}. Set HF_HUB_CACHE to a folder you may write to.`,
      )
    }
  }
}
