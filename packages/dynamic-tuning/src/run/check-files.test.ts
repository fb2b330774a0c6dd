import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDataset } from '../data/dataset.ts'
import type { Dataset } from '../data/example.ts'
import { png, writeFiles } from '../data/testing/files.ts'
import { DataError } from '../errors.ts'
import { checkFiles } from './check-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)
let whole: Buffer
let dataset: Dataset
beforeAll(async () => {
  whole = await png([9, 80, 200])
  const files = ['train/a/1', 'train/a/2', 'train/b/1', 'train/b/2', 'val/a/1', 'val/b/1']
  writeFiles(folder, Object.fromEntries(files.map((name) => [`${name}.png`, whole])))
  dataset = await openDataset(folder)
})

/** Checks while some files hold something else, and puts them back. */
async function checkWith(files: Readonly<Record<string, Uint8Array | string>>, control = {}) {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(at(name), bytes)
  try {
    return await checkFiles(dataset, {}, control)
  } finally {
    for (const name of Object.keys(files)) writeFileSync(at(name), whole)
  }
}

describe('checkFiles', () => {
  it('finds nothing in sound files, nor in ones to which a camera appended data', async () => {
    expect(await checkWith({})).toEqual([])
    const jpeg = await sharp(whole).jpeg().toBuffer()
    const longer = { 'train/a/1.png': Buffer.concat([whole, Buffer.from('made by a camera')]) }
    expect(await checkWith({ ...longer, 'val/a/1.png': Buffer.concat([jpeg, Buffer.alloc(40)]) })).toEqual([])
  })

  it('names broken files before training, and says how to go on', async () => {
    const failure = checkWith({ 'train/b/2.png': whole.subarray(0, 40) })
    await expect(failure).rejects.toThrow(DataError)
    await expect(failure).rejects.toThrow(
      /^data: 1 of 6 files cannot be read\. decode: cannot read image .*train\/b\/2\.png/,
    )
    await expect(failure).rejects.toThrow(/Or leave it out with --skip-bad\.$/)
    const three = checkWith({ 'train/a/1.png': '', 'train/a/2.png': 'text', 'val/b/1.png': '' })
    await expect(three).rejects.toThrow(
      /^data: 3 of 6 files cannot be read\. .*val\/b\/1\.png is not an image, the file is empty/,
    )
  })

  it('returns broken files with skipBad', async () => {
    const found = await checkWith({ 'train/b/2.png': '', 'val/b/1.png': 'text' }, { skipBad: true })
    expect(found.map(({ name }) => name)).toEqual([at('val/b/1.png'), at('train/b/2.png')])
    expect(found[0]?.reason).toMatch(/is not an image/)
  })

  it('refuses data of which nothing can be tested, or nothing trained on, even with skipBad', async () => {
    const skipBad = { skipBad: true }
    await expect(checkWith({ 'val/a/1.png': '', 'val/b/1.png': '' }, skipBad)).rejects.toThrow(
      /^data: none of the 2 test images can be read, the last: decode: .*val\/b\/1\.png/,
    )
    const training = ['a/1', 'a/2', 'b/1', 'b/2'].map((name) => [`train/${name}.png`, ''])
    await expect(checkWith(Object.fromEntries(training), skipBad)).rejects.toThrow(
      /none of the 4 training images/,
    )
  })

  it('decodes one image of each part, for damage inside of it', async () => {
    const damaged = Buffer.from(whole)
    damaged.fill(0x55, 41, damaged.length - 16)
    const files = { 'val/a/1.png': damaged }
    await expect(checkWith(files)).rejects.toThrow(/cannot read image .*val\/a\/1\.png/)
    const found = await checkWith(files, { skipBad: true })
    expect(found.map(({ name }) => name)).toEqual([at('val/a/1.png')])
    const all = { ...files, 'val/b/1.png': damaged }
    await expect(checkWith(all, { skipBad: true })).rejects.toThrow(/none of the 2 test images can be read/)
  })

  it('stops looking when its time is up, and leaves the rest to the loader', async () => {
    const examples = Array.from({ length: 600 }, (_, i) => ({
      source: { kind: 'file', path: at(i === 599 ? 'none.png' : 'train/a/1.png') } as const,
      truth: 0,
    }))
    const large = { ...dataset, train: examples, validation: examples, test: examples }
    expect(await checkFiles(large, {}, { seconds: -1 })).toEqual([])
    await expect(checkFiles(large, {})).rejects.toThrow(/cannot be read/)
  })

  it('has nothing to look at in drawn data', async () => {
    expect(await checkFiles(await openDataset('builtin:nature'), {})).toEqual([])
  })

  it('reads masks before training: one that does not fit, and values of no class', async () => {
    const mask = (value: number, width = 2): Uint8Array =>
      encode({ width, height: 2, data: new Uint8Array(2 * width).fill(value), channels: 1 })
    const image = await png([1, 2, 3], 2, 2)
    const names = ['a', 'b', 'c', 'd']
    const pictures = names.map((name): [string, Uint8Array] => [`set/images/${name}.png`, image])
    const masks = { a: mask(0), b: mask(7), c: mask(0, 3), d: mask(255) }
    writeFiles(folder, Object.fromEntries(pictures))
    for (const [name, bytes] of Object.entries(masks))
      writeFiles(folder, { [`set/masks/${name}.png`]: bytes })
    writeFiles(folder, { 'set/classes.json': '["x", "y", "z"]' })
    const set = await openDataset(at('set'))
    const found = await checkFiles(set, {}, { skipBad: true })
    expect(found.map(({ name }) => name).sort()).toEqual([at('set/images/b.png'), at('set/images/c.png')])
    const reasons = found.map(({ reason }) => reason).join()
    expect(reasons).toMatch(/masks\/b\.png: value 7 at row 0, column 0/)
    expect(reasons).toMatch(/masks\/c\.png has 3 x 2 pixels, its image .*images\/c\.png 2 x 2/)
    await expect(checkFiles(set, {})).rejects.toThrow(/2 of 4 files cannot be read/)
  })
})
