import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { inTempFolder, writeFiles } from '../testing/files.ts'
import { imageTree } from './image-tree.ts'

afterEach(() => vi.unstubAllEnvs())

/** All names below a root, as `folder/name`. */
const names = (root: string): string[] =>
  [...imageTree(root).values()].flatMap(({ path, images }) => images.map((name) => join(path, name)))

const past = new Date(Date.now() - 60_000)
const settle = (folder: string): void => utimesSync(folder, past, past)

async function withCache(use: (root: string, cache: string) => void | Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => {
    vi.stubEnv('DYT_CACHE', join(folder, 'cache'))
    await use(join(folder, 'data'), join(folder, 'cache'))
  })
}

/** Creates 10,001 empty images in two class folders, one of which has a subfolder. */
function many(root: string): void {
  mkdirSync(join(root, 'a', 'deep'), { recursive: true })
  mkdirSync(join(root, 'b'))
  for (let i = 0; i < 9_999; i++) writeFileSync(join(root, 'a', `${String(i).padStart(5, '0')}.jpg`), '')
  writeFiles(root, { 'a/deep/x.png': '', 'b/y.jpg': '', 'b/notes.txt': '', 'b/.hidden.jpg': '' })
  for (const folder of ['a/deep', 'a', 'b', '']) settle(join(root, folder))
}

it('lists images by folder, sorted, hidden and other files left out', async () => {
  await withCache((root, cache) => {
    writeFiles(root, {
      'b/2.jpg': '',
      'b/10.jpg': '',
      'a/c/x.PNG': '',
      '.git/y.jpg': '',
      'a/z.txt': '',
      'a/v.mp4': '',
    })
    expect(names(root)).toEqual(['a/c/x.PNG', 'b/10.jpg', 'b/2.jpg'])
    expect([...imageTree(root).keys()]).toEqual(['', 'a', 'a/c', 'b'])
    expect(imageTree(root).get('a')).toMatchObject({ images: [], clips: ['v.mp4'], folders: ['c'] })
    expect(() => statSync(cache)).toThrow('ENOENT')
  })
})

it('keeps a large tree, and lists anew once a folder’s time differs', async () => {
  await withCache((root) => {
    many(root)
    const before = names(root)
    expect(before.length).toBe(10_001)
    expect(names(root)).toEqual(before)
    // A new name under an unchanged time is not noticed: files themselves are not checked.
    writeFileSync(join(root, 'b', 'z.jpg'), '')
    settle(join(root, 'b'))
    expect(names(root)).toEqual(before)
    utimesSync(join(root, 'b'), past, new Date(past.getTime() + 5))
    expect(names(root)).toEqual([...before, 'b/z.jpg'])
    rmSync(join(root, 'a', 'deep'), { recursive: true })
    expect(names(root).includes('a/deep/x.png')).toBe(false)
  })
})

it('does not keep what has just changed, nor trust a damaged file, nor need a writable cache', async () => {
  await withCache((root, cache) => {
    many(root)
    writeFileSync(join(root, 'b', 'new.jpg'), '')
    expect(names(root).length).toBe(10_002)
    expect(() => statSync(cache)).toThrow('ENOENT')
    settle(join(root, 'b'))
    names(root)
    const [file = ''] = readdirSync(join(cache, 'image-trees'))
    const path = join(cache, 'image-trees', file)
    const kept = readFileSync(path, 'utf8')
    for (const damaged of [
      '',
      'other\n',
      kept.slice(0, kept.length / 2),
      kept.replace('"images"', '"imagez"'),
    ]) {
      writeFileSync(path, damaged)
      expect(names(root).length).toBe(10_002)
    }
    rmSync(cache, { recursive: true })
    writeFileSync(cache, 'a file where the folder should be')
    expect(names(root).length).toBe(10_002)
  })
})
