import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { userCacheFolder } from '../../io/user-cache.ts'
import { writeAside } from '../../io/write-aside.ts'
import { folderStamp, type ImageTree, type TreeFolder } from './tree-folder.ts'

/** Smaller trees are not cached: listing them is fast. */
const leastFiles = 10_000
/** A folder that changed this shortly before it was listed may change again under the same timestamp. */
const settleMilliseconds = 2000

const format = 'dynamic-tuning image tree 3'
const folderSchema: z.ZodType<TreeFolder> = z.strictObject({
  path: z.string(),
  images: z.array(z.string()).readonly(),
  clips: z.array(z.string()).readonly(),
  folders: z.array(z.string()).readonly(),
  unread: z.array(z.string()).readonly(),
  empty: z.boolean(),
  stamp: z.string(),
})

/**
 * The cached tree of a root; undefined if there is none, a folder has changed since, or the cache file is
 * damaged. The file has a line with the format and the root, then a line of JSON for each folder.
 */
export function keptTree(root: string): ImageTree | undefined {
  try {
    const [head, ...lines] = readFileSync(cacheFile(root), 'utf8').trimEnd().split('\n')
    if (head !== headOf(root)) return undefined
    const tree = new Map<string, TreeFolder>()
    for (const line of lines) {
      const folder = folderSchema.parse(JSON.parse(line))
      if (folderStamp(join(root, folder.path)) !== folder.stamp) return undefined
      tree.set(folder.path, folder)
    }
    return isWhole(tree) ? tree : undefined
  } catch {
    return undefined // a cache that cannot be read is no cache
  }
}

function isWhole(tree: ImageTree): boolean {
  const below = ({ path, folders }: TreeFolder): string[] =>
    folders.map((name) => (path === '' ? name : `${path}/${name}`))
  return tree.has('') && [...tree.values()].every((folder) => below(folder).every((path) => tree.has(path)))
}

/**
 * Caches a tree whose listing began at `started`, if it is large and all folders are
 * older. Write errors are ignored.
 */
export function keepTree(root: string, tree: ImageTree, started: number): void {
  const folders = [...tree.values()]
  const files = folders.reduce((sum, { images, clips }) => sum + images.length + clips.length, 0)
  const settled = BigInt(started - settleMilliseconds) * 1_000_000n
  const fresh = folders.some(({ stamp }) => BigInt(stamp.slice(0, stamp.indexOf(' '))) > settled)
  if (files < leastFiles || fresh) return
  try {
    const path = cacheFile(root)
    mkdirSync(dirname(path), { recursive: true })
    writeAside(path, linesOf(root, folders))
  } catch {
    return
  }
}

function* linesOf(root: string, folders: readonly TreeFolder[]): Generator<string> {
  yield `${headOf(root)}\n`
  for (const folder of folders) yield `${JSON.stringify(folder)}\n`
}

function headOf(root: string): string {
  return `${format} ${JSON.stringify(realpathSync(root))}`
}

function cacheFile(root: string): string {
  const name = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 32)
  return join(userCacheFolder(), 'image-trees', `${name}.jsonl`)
}
