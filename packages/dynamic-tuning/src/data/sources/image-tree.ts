import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isImageName, isVideoName } from './extensions.ts'
import { keepTree, keptTree } from './tree-cache.ts'
import { folderStamp, type ImageTree, type TreeFolder } from './tree-folder.ts'

/**
 * Lists a folder of images or clips, however deep. Trees of many files are kept in the user's cache and read from there as long as
 * no folder in them has changed: then only folders are asked for, not files.
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
  let empty = true
  const stamp = folderStamp(join(root, path)) ?? ''
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    empty = false
    if (entry.isDirectory()) folders.push(entry.name)
    else if (isImageName(entry.name)) images.push(entry.name)
    else if (isVideoName(entry.name)) clips.push(entry.name)
  }
  tree.set(path, { path, images: images.sort(), clips: clips.sort(), folders: folders.sort(), empty, stamp })
  for (const folder of folders) listInto(tree, root, path === '' ? folder : `${path}/${folder}`)
}
