import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isImageName, isUnreadName, isVideoName } from './extensions.ts'
import { keepTree, keptTree } from './tree-cache.ts'
import { folderStamp, type ImageTree, type TreeFolder } from './tree-folder.ts'

/**
 * Lists the images and clips of a folder and all its subfolders. Large trees are cached in the user's cache
 * and read from there until one of their folders changes: this checks folders only, not files.
 */
export function imageTree(root: string): ImageTree {
  const kept = keptTree(root)
  if (kept) return kept
  const started = Date.now()
  const tree = new Map<string, TreeFolder>()
  listInto(tree, root, '')
  keepTree(root, tree, started)
  return tree
}

function listInto(tree: Map<string, TreeFolder>, root: string, path: string): void {
  const images: string[] = []
  const clips: string[] = []
  const folders: string[] = []
  const unread: string[] = []
  let empty = true
  const stamp = folderStamp(join(root, path)) ?? ''
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    empty = false
    if (entry.isDirectory()) folders.push(entry.name)
    else if (isImageName(entry.name)) images.push(entry.name)
    else if (isVideoName(entry.name)) clips.push(entry.name)
    else if (isUnreadName(entry.name)) unread.push(entry.name)
  }
  const names = { images: images.sort(), clips: clips.sort(), folders: folders.sort(), unread: unread.sort() }
  tree.set(path, { path, ...names, empty, stamp })
  for (const folder of folders) listInto(tree, root, path === '' ? folder : `${path}/${folder}`)
}
