import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDataset } from '../dataset.ts'
import { type Dataset, sourceName } from '../example.ts'
import { inTempFolder, writeFiles } from '../testing/files.ts'

const short = (folder: string, path: string): string => path.slice(folder.length + 1).replaceAll('\\', '/')
const names = (data: Dataset, folder: string): string[] =>
  [...data.train, ...data.test].map(({ source, truth }) => `${short(folder, sourceName(source))} ${truth}`)

describe('listed images that are not there', () => {
  it('are left out of list files with skipBad, and named', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        ...{ 'a.png': 'x', 'b.png': 'x', 'c.png': 'x' },
        'train800val200.txt': 'a.png 0\nb.png 1\ngone 7 1\n',
        'test.txt': 'lost.png 1\nc.png 0\n',
      })
      await expect(openDataset(folder)).rejects.toThrow('there is no file')
      const data = await openDataset(folder, { skipBad: true })
      expect(names(data, folder)).toEqual(['a.png 0', 'b.png 1', 'c.png 0'])
      expect(data.truth).toBeUndefined()
      expect(data.missing?.map((path) => short(folder, path))).toEqual(['gone 7', 'lost.png'])
      writeFiles(folder, { 'test.txt': 'lost.png 1\n' })
      await expect(openDataset(folder, { skipBad: true })).rejects.toThrow('names no images that are there')
    })
  })

  it('are left out of labels.csv with skipBad, and named', async () => {
    await inTempFolder(async (folder) => {
      const rows = [
        'image,labels,split',
        'a.png,x;y,train',
        'gone.png,x,train',
        'b.png,y,test',
        'lost.png,x,test',
      ]
      writeFiles(folder, { 'a.png': 'x', 'b.png': 'x', 'labels.csv': `${rows.join('\n')}\n` })
      await expect(openDataset(folder)).rejects.toThrow('labels.csv:3: there is no file')
      const data = await openDataset(folder, { skipBad: true })
      expect(names(data, folder)).toEqual(['a.png 0,1', 'b.png 1'])
      expect(data.missing).toEqual([join(folder, 'gone.png'), join(folder, 'lost.png')])
    })
  })
})

describe('pictures in formats that cannot be read', () => {
  it('are named, not passed over in silence', async () => {
    await inTempFolder(async (folder) => {
      const photos = { 'cat/1.jpg': 'x', 'cat/2.jpg': 'x', 'dog/1.png': 'x', 'dog/2.png': 'x' }
      writeFiles(folder, { ...photos, 'dog/IMG_3.HEIC': 'x', 'cat/deep/4.dng': 'x', 'above.heic': 'x' })
      const { unread } = await openDataset(folder)
      expect(unread?.map((path) => short(folder, path))).toEqual(['cat/deep/4.dng', 'dog/IMG_3.HEIC'])
    })
    await inTempFolder(async (folder) => {
      const parts = { 'train/a/1.png': 'x', 'val/a/1.png': 'x' }
      writeFiles(folder, { ...parts, 'train/a/2.heic': 'x', 'val/a/2.heic': 'x' })
      const { unread } = await openDataset(folder)
      expect(unread?.map((path) => short(folder, path))).toEqual(['train/a/2.heic', 'val/a/2.heic'])
    })
  })

  it('are the reason given where a class has nothing else', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { 'cat/1.jpg': 'x', 'dog/1.heic': 'x', 'dog/2.heic': 'x' })
      await expect(openDataset(folder)).rejects.toThrow(
        /class folder .*dog has no images .*dog.1\.heic and 1 more cannot be read\. Convert it to JPEG first, /,
      )
    })
    await inTempFolder(async (folder) => {
      writeFiles(folder, { 'cat/1.heic': 'x' })
      await expect(openDataset(folder)).rejects.toThrow(
        /cat.1\.heic cannot be read\. Convert it to JPEG first, /,
      )
    })
  })
})
