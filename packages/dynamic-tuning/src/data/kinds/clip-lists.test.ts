import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import { openDataset } from '../dataset.ts'
import type { Dataset, Example } from '../example.ts'
import { inTempFolder, png, writeFiles } from '../testing/files.ts'

/** `path label` of every example, paths relative to the folder. */
const shown = (folder: string, examples: readonly Example[]): string[] =>
  examples.map(({ source, truth }) => {
    if (source.kind !== 'file') throw new Error('no file')
    return `${source.path.slice(folder.length + 1)} ${truth}`
  })

const opened = (files: Record<string, string>, options = {}): Promise<Record<string, unknown>> =>
  inTempFolder(async (folder) => {
    writeFiles(folder, files)
    const { kind, classes, train, validation, test, missing }: Dataset = await openDataset(folder, options)
    return {
      ...{ kind, classes, missing },
      ...{ train: shown(folder, train), validation: shown(folder, validation), test: shown(folder, test) },
    }
  })

const clips = { 'v/a b.mp4': 'x', 'v/c.mp4': 'x', 'v/d.webm': 'x', 'v/e.mp4': 'x' }

describe('lists of paths and labels', () => {
  it.each([
    ['spaces', 'v/a b.mp4 0\nv/c.mp4 2\r\n\n'],
    ['commas', 'v/a b.mp4,0\nv/c.mp4,2'],
    ['quotes', '"v/a b.mp4" 0\n"v/c.mp4",2\n'],
    ['semicolons', 'v/a b.mp4;0\nv/c.mp4; 2\n'],
  ])('may be separated by %s', async (_, train) => {
    expect(
      await opened({ ...clips, 'train.csv': train, 'val.csv': 'v/d.webm 1', 'test.csv': 'v/e.mp4 0' }),
    ).toEqual({
      kind: 'clips',
      classes: ['0', '1', '2'],
      missing: [],
      train: ['v/a b.mp4 0', 'v/c.mp4 2'],
      validation: ['v/d.webm 1'],
      test: ['v/e.mp4 0'],
    })
  })

  it('take names from classes.json and a share for validation where there is one list', async () => {
    const lines = Array.from({ length: 10 }, (_, i) => [`v/${i}.mp4`, i % 2] as const)
    const files = Object.fromEntries(lines.map(([path]) => [path, 'x']))
    const list = lines.map((line) => line.join(' ')).join('\n')
    const got = await opened({ ...files, 'train.txt': list, 'classes.json': '["run","walk"]' })
    expect(got).toMatchObject({ classes: ['run', 'walk'], missing: [] })
    expect((got.train as string[]).length).toBe(8)
    expect(got.test).toEqual(got.validation)
  })

  it('give the clips in the order of class folders, and can be asked for by name', async () => {
    const paths = ['run/b.mp4', 'walk/a.mp4', 'run/a.mp4', 'walk/c.mp4', 'run/c.mp4']
    const list = paths.map((path) => `train/${path} ${path.startsWith('run') ? 0 : 1}`).join('\n')
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        ...Object.fromEntries(paths.map((path) => [`train/${path}`, 'x'])),
        ...{ 'val/run/d.mp4': 'x', 'val/walk/e.mp4': 'x' },
        ...{ 'train.csv': list, 'val.csv': 'val/walk/e.mp4 1\nval/run/d.mp4 0' },
      })
      const [listed, named, foldered] = await Promise.all(
        [folder, `clip-lists:${folder}`, `folder:${folder}`].map((data) => openDataset(data)),
      )
      expect(listed?.train.map(({ truth }) => truth)).toEqual([0, 0, 0, 1, 1])
      expect(named).toEqual(listed)
      for (const part of ['train', 'validation', 'test'] as const)
        expect(foldered?.[part]).toEqual(listed?.[part])
      await expect(openDataset(`clip-lists:${join(folder, 'val')}`)).rejects.toThrow(
        /val does not hold lists of clips\. Expected train\.csv of "path label" lines/,
      )
    })
  })

  it('name the line that cannot be used, and clips that are not there', async () => {
    await expect(opened({ ...clips, 'train.csv': 'v/c.mp4 0\nv/c.mp4 x' })).rejects.toThrow(
      /train\.csv:2: expected "path label" with a label from 0, got "v\/c.mp4 x"/,
    )
    const gone = { ...clips, 'train.csv': 'v/c.mp4 0\nv/gone.mp4 1\nv/e.mp4 1' }
    const error = await opened(gone).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DataError)
    expect(String(error)).toMatch(
      /1 of the 3 clips of .*train\.csv are not in .*, the first is v\/gone\.mp4\. .*--skip-bad/,
    )
    expect(await opened({ ...gone, 'val.csv': 'v/d.webm 1' }, { skipBad: true })).toMatchObject({
      missing: ['v/gone.mp4'],
      train: ['v/c.mp4 0', 'v/e.mp4 1'],
    })
    await expect(opened({ ...clips, 'train.csv': 'v/c.mp4 1', 'val.csv': 'v/e.mp4 2' })).rejects.toThrow(
      /v\/e\.mp4 has class 2, which is none of the 2/,
    )
    for (const label of ['100000', '99999999999999'])
      await expect(opened({ ...clips, 'train.csv': `v/c.mp4 ${label}` })).rejects.toThrow(
        `has the label ${label}, expected 0 to 99999`,
      )
  })
})

describe("Kinetics' own lists", () => {
  const head = 'label,youtube_id,time_start,time_end,split,is_cc'
  const files = {
    'kinetics-400_train.csv': `${head}\n"surfing, at sea",-abc_1,5,15,train,0\nabseiling,zz,120,130,train,0\n`,
    'kinetics-400_val.csv': `${head}\nabseiling,q-q,0,10,validate,0`,
    'kinetics-400_test.csv': 'youtube_id,time_start,time_end,split\nnn,1,11,test',
    'train/surfing/-abc_1_000005_000015.mp4': 'x',
    'train/abseiling/zz_000120_000130.mkv': 'x',
    'val_256/q-q_000000_000010.mp4': 'x',
  }

  it('find clips by video and seconds, wherever they are', async () => {
    expect(await opened(files)).toEqual({
      kind: 'clips',
      classes: ['abseiling', 'surfing, at sea'],
      missing: [],
      train: ['train/abseiling/zz_000120_000130.mkv 0', 'train/surfing/-abc_1_000005_000015.mp4 1'],
      validation: ['val_256/q-q_000000_000010.mp4 0'],
      test: ['val_256/q-q_000000_000010.mp4 0'],
    })
  })

  it('name a line without a time', async () => {
    const list = `${head}\nabseiling,zz,120,,train,0`
    await expect(opened({ ...files, 'kinetics-400_train.csv': list })).rejects.toThrow(
      /_train\.csv:2: expected label,/,
    )
  })
})

describe("Something-Something's own lists", () => {
  const files = {
    'labels.json': '{"Holding something":"1","Approaching something with your camera":"0"}',
    'train.json': JSON.stringify([
      { id: '74225', label: 'holding a pen', template: 'Holding [something]', placeholders: ['a pen'] },
      { id: 9, label: '', template: 'Approaching [something] with your camera' },
    ]),
    'validation.json': '[{"id":"7","template":"Holding [something]"}]',
    'test.json': '[{"id":"8"}]',
    ...{ '20bn/74225.webm': 'x', '20bn/9.webm': 'x', '20bn/7.webm': 'x', '20bn/8.webm': 'x' },
  }

  it('take the class from the template and its number from labels.json', async () => {
    expect(await opened(files)).toEqual({
      kind: 'clips',
      classes: ['Approaching something with your camera', 'Holding something'],
      missing: [],
      train: ['20bn/9.webm 0', '20bn/74225.webm 1'],
      validation: ['20bn/7.webm 1'],
      test: ['20bn/7.webm 1'],
    })
  })

  it('say what is wrong with them', async () => {
    const { 'labels.json': _, ...without } = files
    await expect(opened(without)).rejects.toThrow(/has no labels\.json, which numbers the classes/)
    await expect(opened({ ...files, 'train.json': '[{"id":"1"}]' })).rejects.toThrow(
      /entry 0 has no template/,
    )
    await expect(opened({ ...files, 'train.json': '[{"id":"7","template":"Eating"}]' })).rejects.toThrow(
      /7 has class Eating, which is none of the 2/,
    )
    await expect(opened({ ...files, 'train.json': '{' })).rejects.toThrow(/train\.json is not JSON/)
  })
})

describe('a folder of clips per class', () => {
  it('holds clips in every part, whatever else lies there', async () => {
    const train = {
      'train/run/a.mp4': 'x',
      'train/run/z.jpg': 'x',
      'train/walk/b.mp4': 'x',
      'cover.jpg': 'x',
    }
    const files = { ...train, 'val/run/c.mp4': 'x', 'val/walk/d.mp4': 'x' }
    expect(await opened(files)).toMatchObject({
      ...{ kind: 'clips', train: ['train/run/a.mp4 0', 'train/walk/b.mp4 1'] },
      validation: ['val/run/c.mp4 0', 'val/walk/d.mp4 1'],
    })
    await expect(opened({ ...train, 'val/run/c.png': 'x', 'val/walk/d.png': 'x' })).rejects.toThrow(
      /val has no clips \(mp4, .*\) in its class folders/,
    )
    await expect(opened({ 'run/a.txt': 'x', 'walk/b.txt': 'x' })).rejects.toThrow(
      /has no images \(jpg, .*\) or clips \(mp4, .*\) in its class folders/,
    )
  })

  it('is told from one of images by its files', async () => {
    const files = { 'run/a.mp4': 'x', 'run/b.mp4': 'x', 'walk/deeper/c.webm': 'x', 'walk/d.mp4': 'x' }
    expect(await opened(files)).toMatchObject({ kind: 'clips', classes: ['run', 'walk'] })
    await inTempFolder(async (folder) => {
      writeFiles(folder, { 'a/1.png': await png([1, 2, 3]), 'b/1.png': await png([1, 2, 3]) })
      expect((await openDataset(folder)).kind).toBeUndefined()
      writeFiles(folder, { 'c/text.md': 'x' })
      await expect(openDataset(folder)).rejects.toThrow(`class folder ${join(folder, 'c')} has no images`)
    })
  })
})
