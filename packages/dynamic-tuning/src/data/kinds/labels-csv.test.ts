import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { openDataset } from '../dataset.ts'
import type { Dataset } from '../example.ts'
import { sourceName } from '../example.ts'
import { inTempFolder, writeFiles } from '../testing/files.ts'
import { classTruth } from '../truths/class.ts'

const images = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.png`, 'x']))

function open(files: Readonly<Record<string, string>>, found: (data: Dataset, folder: string) => void) {
  return inTempFolder(async (folder) => {
    writeFiles(folder, { ...images, ...files })
    found(await openDataset(folder), folder)
  })
}

async function refusal(csv: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  return inTempFolder(async (folder) => {
    writeFiles(folder, { ...images, 'labels.csv': csv, ...more })
    const error: unknown = await openDataset(folder).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DataError)
    return error instanceof Error ? error.message.replaceAll(folder, 'DIR') : ''
  })
}

const listing = ({ train, test }: Dataset): string[] =>
  [...train, ...test].map(({ source, truth }) => `${basename(sourceName(source))} ${JSON.stringify(truth)}`)

describe('labels.csv', () => {
  it('reads names of labels, and a split', async () => {
    const csv = 'image,labels,split\na.png,dog;cat,train\nb.png,cat,validation\nc.png,dog|cow,train\n'
    await open({ 'labels.csv': csv }, (data, folder) => {
      expect(data).toMatchObject({ truth: 'labels', classes: ['cat', 'cow', 'dog'] })
      expect(data.validation).toBe(data.test)
      expect(listing(data)).toEqual(['a.png [0,2]', 'c.png [1,2]', 'b.png [0]'])
      expect(() => classTruth.of(data)).toThrow(
        `${join(folder, 'labels.csv')}:2: an image has several labels`,
      )
    })
  })

  it('reads one column per class, in the order of classes.txt, and splits', async () => {
    const csv = 'file,cat,dog\n"a.png",1,0\nb.png,1,1\n\nc.png,0,1\nd.png,1,1\n'
    await open({ 'labels.csv': csv, 'classes.txt': 'dog\ncow\ncat\n' }, (data) => {
      expect(data.classes).toEqual(['dog', 'cow', 'cat'])
      expect(listing(data).sort()).toEqual(['a.png [2]', 'b.png [0,2]', 'c.png [0]', 'd.png [0,2]'])
      expect(data.test.length).toBe(1)
    })
  })

  it('is a dataset of classes where every image has one label', async () => {
    await open({ 'labels.csv': 'path,labels\na.png,x\nb.png,y\nc.png,x\nd.png,y\n' }, (data) => {
      expect(data.truth).toBeUndefined()
      expect(listing(data).sort()).toEqual(['a.png 0', 'b.png 1', 'c.png 0', 'd.png 1'])
    })
  })

  it.each([
    ['', 'DIR/labels.csv names no images'],
    ['image,labels\n', 'DIR/labels.csv names no images'],
    ['labels,image\na,a.png\n', 'DIR/labels.csv:1: expected image, file, filename, path as first column'],
    ['image,split\na.png,train\n', 'DIR/labels.csv:1: labels are missing'],
    ['image,x,x\na.png,1,1\n', 'DIR/labels.csv:1: column x is there twice'],
    ['image,labels,x\na.png,x,1\n', 'DIR/labels.csv:1: beside labels there are columns x'],
    ['image,labels\na.png,x\na.png,x\n', 'DIR/labels.csv:3: image a.png is named twice'],
    ['image,labels\nz.png,x\n', 'DIR/labels.csv:2: there is no file DIR/z.png'],
    ['image,labels\n,x\n', 'DIR/labels.csv:2: it names no file'],
    ['image,labels\n../a.png,x\n', 'DIR/labels.csv:2: "../a.png" leaves the folder'],
    ['image,x\na.png,2\n', 'DIR/labels.csv:2: column x must be 0 or 1, got "2"'],
    ['image,x\na.png,0\n', 'DIR/labels.csv:2: image a.png has no label'],
    ['image,labels\na.png, ;\n', 'DIR/labels.csv:2: image a.png has no label'],
    ['image,labels,split\na.png,x,all\n', 'DIR/labels.csv:2: split must be train, validation, test'],
    ['image,labels\na.png,x,y\n', 'DIR/labels.csv:2: expected 2 cells'],
  ])('refuses %j', async (csv, message) => {
    expect(await refusal(csv)).toContain(message)
  })

  it('refuses names that classes.txt lacks', async () => {
    const names = { 'classes.txt': 'x\n' }
    expect(await refusal('image,labels\na.png,x;y\n', names)).toContain(
      'DIR/labels.csv:2: there is no class y',
    )
    expect(await refusal('image,y\na.png,1\n', names)).toContain('DIR/labels.csv:1: there is no class y')
  })
})

describe('list files with several labels', () => {
  const list = (lines: string) => ({ 'train800val200.txt': lines, 'test.txt': 'd.png 0\n' })

  it('make the truth a set of labels', async () => {
    await open({ ...list('a.png 0\nb.png 2 1\nc d.png 1,2\n'), 'c d.png': 'x' }, (data, folder) => {
      expect(data).toMatchObject({ truth: 'labels', classes: ['0', '1', '2'] })
      expect(data.severalAt).toBe(`${join(folder, 'train800val200.txt')}:2`)
      expect(listing(data)).toEqual(['a.png [0]', 'b.png [1,2]', 'c d.png [1,2]', 'd.png [0]'])
    })
  })

  it('may name files that end in a number', async () => {
    await open({ ...list('e 1 2\n'), 'e 1': 'x' }, (data) => {
      expect(listing(data)).toEqual(['e 1 2', 'd.png 0'])
    })
  })
})
