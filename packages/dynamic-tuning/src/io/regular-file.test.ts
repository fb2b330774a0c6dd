import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openDataset } from '../data/dataset.ts'
import { imageReader } from '../data/sources/read-image.ts'
import { indexVideo } from '../data/sources/video/index-video.ts'
import { CheckpointError, DataError, RunError, TuningError } from '../errors.ts'
import { openMat } from './mat/mat-file.ts'
import { openTensors } from './open-tensors.ts'
import { readJson } from './read-json.ts'
import { isFile, isFolder, readText } from './regular-file.ts'
import { openRunFolder } from './run-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'regular-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)
const image = (path: string) => imageReader().read({ kind: 'file', path })

function pipe(...names: string[]): string {
  const path = at(...names)
  mkdirSync(join(path, '..'), { recursive: true })
  execFileSync('mkfifo', [path])
  return path
}

// Each of these waited for ever, in a thread that no signal ends.
describe.skipIf(platform() === 'win32')('a pipe or a device in place of a file (skipped: Windows)', () => {
  it('is refused as an image and as a video', async () => {
    const path = pipe('a.png')
    await expect(image(path)).rejects.toThrow(`read: cannot open image ${path}: it is no regular file`)
    await expect(image(path)).rejects.toThrow(DataError)
    await expect(image('/dev/zero')).rejects.toThrow('it is no regular file')
    await expect(indexVideo(pipe('a.mp4'))).rejects.toThrow(/it is no file/)
  })

  it('is refused as weights, settings, JSON and MATLAB data', () => {
    const path = pipe('model.safetensors')
    expect(() => openTensors(path)).toThrow(CheckpointError)
    expect(() => openTensors('/dev/zero')).toThrow('it is no regular file')
    expect(() => readJson(path, RunError)).toThrow(RunError)
    expect(() => openMat(path)).toThrow(DataError)
    expect(() => openRunFolder(join(pipe('run', 'config.json'), '..'), { write: false })).toThrow(RunError)
  })

  it.each(['train.tar', 'labels.csv', 'train800val200.txt', 'kinetics_train.csv'])(
    'is refused as %s of a dataset',
    async (name) => {
      const path = pipe('data', name, name)
      await expect(openDataset(join(path, '..'))).rejects.toThrow(/it is no regular file/)
      await expect(openDataset(join(path, '..'))).rejects.toThrow(DataError)
    },
  )
})

describe('names that the system refuses', () => {
  const long = 'x'.repeat(5000)
  it('are no file and no folder', () => {
    for (const name of ['a\0b', long, at('nothing')])
      expect([isFile(name), isFolder(name)]).toEqual([false, false])
    expect([isFile(folder), isFolder(folder)]).toEqual([false, true])
  })

  it.each(['a\0b', long, `folder:${long}`])('are typed errors as a dataset: %j', async (name) => {
    await expect(openDataset(name)).rejects.toThrow(TuningError)
  })

  it.each([
    ['lists', 'train800val200.txt', (name: string) => `${name} 0\n`],
    ['labels', 'labels.csv', (name: string) => `image,labels\n${name},a\n`],
    ['clips', 'train.csv', (name: string) => `${name}.mp4 0\n`],
  ])('are typed errors in %s', async (place, list, line) => {
    for (const name of ['a\0b.png', `${long}.png`]) {
      mkdirSync(at(place), { recursive: true })
      writeFileSync(at(place, list), line(name))
      await expect(openDataset(at(place))).rejects.toThrow(DataError)
    }
  })

  it('limits the size of a text', () => {
    writeFileSync(at('text'), 'abcdef')
    expect(readText(at('text'), 'read', DataError, 6)).toBe('abcdef')
    expect(() => readText(at('text'), 'read', DataError, 5)).toThrow(/it has 6 bytes, at most 5 are read/)
  })
})
