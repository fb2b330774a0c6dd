import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, DataError } from '../errors.ts'
import { openDataset } from './dataset.ts'
import { type Example, sourceName } from './example.ts'
import { absoluteLocation } from './location.ts'
import { imageReader } from './sources/read-image.ts'
import { inTempFolder, png, tarEnd, tarEntry, writeFiles } from './testing/files.ts'

const pixel = await png([200, 100, 50])

/** `path label` of examples, paths relative to a folder. */
function listing(examples: readonly Example[], folder: string): string[] {
  return examples.map(({ source, truth }) => `${sourceName(source).replace(`${folder}/`, '')} ${truth}`)
}

function classFolders(counts: Record<string, number>, prefix = ''): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]) =>
      Array.from({ length: count }, (_, i) => [`${prefix}${name}/${i}.png`, pixel] as const),
    ),
  )
}

const archive = (...names: string[]): Buffer =>
  Buffer.concat([...names.map((name) => tarEntry(name, pixel)), tarEnd])

async function refusal(files: Record<string, string | Uint8Array>, location = ''): Promise<string> {
  return inTempFolder(async (folder) => {
    writeFiles(folder, files)
    const error: unknown = await openDataset(join(folder, location)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DataError)
    return (error as Error).message.replaceAll(folder, 'DIR')
  })
}

describe('openDataset: folders', () => {
  it('reads train, val and test folders, hidden and foreign files left out', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        ...classFolders({ dog: 2, cat: 1 }, 'train/'),
        ...classFolders({ cat: 1 }, 'val/'),
        ...classFolders({ dog: 1 }, 'test/'),
        'train/.DS_Store': 'x',
        'train/cat/.hidden.png': pixel,
        'train/cat/notes.txt': 'x',
        'train/cat/deeper/X.JPEG': pixel,
      })
      const data = await openDataset(folder)
      expect(data.classes).toEqual(['cat', 'dog'])
      const train = [
        'train/cat/0.png 0',
        'train/cat/deeper/X.JPEG 0',
        'train/dog/0.png 1',
        'train/dog/1.png 1',
      ]
      expect(listing(data.train, folder)).toEqual(train)
      expect(listing(data.validation, folder)).toEqual(['val/cat/0.png 0'])
      expect(listing(data.test, folder)).toEqual(['test/dog/0.png 1'])
    })
  })

  it('puts a seeded share of every class aside', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, classFolders({ a: 20, b: 10, c: 2 }))
      const data = await openDataset(folder, { seed: 3, validationShare: 0.2 })
      const perClass = (examples: readonly Example[]) =>
        [0, 1, 2].map((label) => examples.filter((each) => each.truth === label).length)
      expect(perClass(data.train)).toEqual([16, 8, 1])
      expect(perClass(data.validation)).toEqual([4, 2, 1])
      const all = [...listing(data.train, folder), ...listing(data.validation, folder)]
      expect(new Set(all).size).toBe(32)
      expect(data.test).toBe(data.validation)
      expect(await openDataset(folder, { seed: 3 })).toEqual(data)
      expect((await openDataset(folder, { seed: 4 })).validation).not.toEqual(data.validation)
    })
  })

  it('refuses what it cannot use, naming it', async () => {
    expect(await refusal({}, 'nowhere')).toMatch('there is no DIR/nowhere')
    expect(await refusal({})).toMatch('folder DIR is empty')
    expect(await refusal({ 'readme.txt': 'x' })).toMatch('DIR has no class folders')
    expect(await refusal({ 'readme.txt': 'x' }, 'readme.txt')).toMatch('DIR/readme.txt is a file')
    expect(await refusal({ 'a/x.txt': 'x', 'b/y.txt': '' })).toMatch('DIR has no images (jpg')
    expect(await refusal({ ...classFolders({ a: 1 }), 'b/y.txt': '' })).toMatch(
      'class folder DIR/b has no images',
    )
    expect(await refusal(classFolders({ Cat: 1, cat: 1 }))).toMatch(
      'DIR: classes Cat and cat differ in letter case only. Merge or rename them.',
    )
    const split = { ...classFolders({ a: 1 }, 'train/'), ...classFolders({ a: 1, z: 1 }, 'val/') }
    expect(await refusal(split)).toMatch('DIR/val has class z, which the training images lack')
  })
})

const lists = {
  'i/a.png': pixel,
  'i/b c.png': pixel,
  'val200.txt': 'i/a.png 0\n',
  'test.txt': 'i/b c.png 1\r\n',
}
const trainList = { 'train800.txt': 'i/b c.png 1\n', 'train800val200.txt': 'i/b c.png 1\n\ni/a.png 0\n' }

describe('openDataset: split search', () => {
  const [train, val] = [classFolders({ a: 10, b: 5 }, 'train/'), classFolders({ a: 2, b: 2 }, 'val/')]
  it.each([
    ['train/ and val/', { ...train, ...val }, ''],
    ['class folders', classFolders({ a: 10, b: 5 }), ''],
    [
      'an archive',
      { 'x.tar': archive(...['a/1.png', 'a/2.png', 'a/3.png', 'b/1.png', 'b/2.png', 'b/3.png']) },
      'x.tar',
    ],
  ])('of %s takes validation from the training images, and no test image', async (_name, files, place) => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, files)
      const [final, search] = [
        await openDataset(join(folder, place), { seed: 1 }),
        await openDataset(join(folder, place), { seed: 1, split: 'search' }),
      ]
      const [trained, chosenBy, tested] = [search.train, search.validation, search.test].map((part) =>
        listing(part, folder),
      ) as [string[], string[], string[]]
      expect(tested).toEqual(listing(final.test, folder))
      expect([...trained, ...chosenBy].sort()).toEqual(listing(final.train, folder).sort())
      expect(new Set(chosenBy.map((name) => name.at(-1)))).toEqual(new Set(['0', '1']))
    })
  })

  it('leaves validation images of the data as they are', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { ...train, ...val, ...classFolders({ a: 1, b: 1 }, 'test/') })
      expect(await openDataset(folder, { split: 'search' })).toEqual(await openDataset(folder))
    })
  })

  it('of drawn images, and of too few', async () => {
    const final = await openDataset('builtin:nature', { trainSize: 20, testSize: 10 })
    const search = await openDataset('builtin:nature', { trainSize: 20, testSize: 10, split: 'search' })
    expect(search.test).toEqual(final.test)
    expect([...search.train, ...search.validation]).toHaveLength(20)
    expect(final.train).toEqual(expect.arrayContaining([...search.train, ...search.validation]))
    const few = openDataset('builtin:nature', { trainSize: 1, split: 'search' })
    await expect(few).rejects.toThrow(/builtin:nature has one training image per class, .* split: final/)
    await expect(few).rejects.toThrow(DataError)
  })
})

describe('openDataset: list files', () => {
  it('trains on all and reports test, or searches on the inner split', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { ...lists, ...trainList, 'classes.json': '["x", "y", "z"]' })
      const final = await openDataset(folder)
      expect(final.classes).toEqual(['x', 'y', 'z'])
      expect(listing(final.train, folder)).toEqual(['i/a.png 0', 'i/b c.png 1'])
      expect(final.validation).toEqual(final.test)
      const search = await openDataset(folder, { split: 'search' })
      expect(listing(search.train, folder)).toEqual(['i/b c.png 1'])
      expect(listing(search.validation, folder)).toEqual(['i/a.png 0'])
      expect(listing(search.test, folder)).toEqual(['i/b c.png 1'])
    })
  })

  it('counts classes by the labels where no classes.json is', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { ...lists, ...trainList })
      expect((await openDataset(folder)).classes).toEqual(['0', '1'])
    })
  })

  it('knows the classes of a task of VTAB-1K by its folder’s name and the length of its list', async () => {
    await inTempFolder(async (folder) => {
      const thousand = 'i/b c.png 1\ni/a.png 0\n'.repeat(500)
      writeFiles(join(folder, 'dtd'), { ...lists, 'train800val200.txt': thousand })
      writeFiles(join(folder, 'other'), { ...lists, 'train800val200.txt': thousand })
      expect((await openDataset(join(folder, 'dtd'))).classes.length).toBe(47)
      expect((await openDataset(join(folder, 'other'))).classes.length).toBe(2)
    })
  })

  it.each([
    [
      'negative label',
      'i/a.png 0\ni/a.png -1\n',
      'DIR/train800val200.txt:2: label -1 is out of range, expected 0 to 1',
    ],
    ['label too large', 'i/a.png 2\n', 'DIR/train800val200.txt:1: label 2 is out of range, expected 0 to 1'],
    [
      'label no number',
      'i/a.png 0\n\ni/a.png cat\n',
      'DIR/train800val200.txt:3: label "cat" is not a number',
    ],
    ['label no whole number', 'i/a.png 0.5\n', 'DIR/train800val200.txt:1: label "0.5" is not a number'],
    ['no label', 'i/a.png\n', 'DIR/train800val200.txt:1: expected "path label", got "i/a.png"'],
    [
      'missing file',
      'i/a.png 0\ni/none.png 1\n',
      'DIR/train800val200.txt:2: there is no file DIR/i/none.png',
    ],
    ['path out of the folder', '../a.png 0\n', 'DIR/train800val200.txt:1: "../a.png" leaves the folder DIR'],
    ['absolute path', '/etc/a.png 0\n', 'DIR/train800val200.txt:1: "/etc/a.png" leaves the folder DIR'],
    ['empty list', '\n', 'DIR/train800val200.txt names no images'],
  ])('refuses a list: %s', async (_what, content, message) => {
    const files = { ...lists, 'train800val200.txt': content, 'classes.json': '["x", "y"]' }
    expect(await refusal(files)).toMatch(message)
  })

  it('refuses missing lists, bad classes.json and a test label beyond the training ones', async () => {
    expect(await refusal(lists)).toMatch('DIR/train800val200.txt is missing')
    expect(await refusal({ ...lists, ...trainList, 'classes.json': '{' })).toMatch(
      'DIR/classes.json is not JSON',
    )
    expect(await refusal({ ...lists, ...trainList, 'classes.json': '["x", "X"]' })).toMatch(
      'DIR/classes.json: classes x and X differ in letter case only',
    )
    expect(await refusal({ ...lists, ...trainList, 'classes.json': '[1]' })).toMatch(
      'must be an array of names',
    )
    const beyond = { ...lists, ...trainList, 'test.txt': 'i/a.png 7\n' }
    expect(await refusal(beyond)).toMatch('DIR/test.txt:1: label 7 is out of range, expected 0 to 1')
  })
})

describe('openDataset: archives', () => {
  it('reads train.tar and val.tar with readable names, labels by sorted id', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        'train.tar': archive('n2/x.JPEG', 'n1/y.JPEG', 'n2/z.JPEG', '.hidden/a.png', 'n1/._y.JPEG'),
        'val.tar': archive('n2/v.JPEG'),
        'classes.json': '[{"id": "n1", "name": "fish"}, {"id": "n2", "name": "frog"}]',
      })
      const data = await openDataset(folder)
      expect(data.classes).toEqual(['fish', 'frog'])
      expect(listing(data.train, folder)).toEqual([
        'train.tar:n1/y.JPEG 0',
        'train.tar:n2/x.JPEG 1',
        'train.tar:n2/z.JPEG 1',
      ])
      expect(listing(data.validation, folder)).toEqual(['val.tar:n2/v.JPEG 1'])
      const { data: bytes } = await imageReader().read((data.train[1] as Example).source)
      expect([...bytes.subarray(0, 3)]).toEqual([200, 100, 50])
    })
  })

  it('splits a single archive, whose class folders may lie in another folder', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        'pets.tar': archive('all/cat/1.png', 'all/cat/2.png', 'all/dog/1.png', 'all/dog/2.png'),
      })
      const data = await openDataset(join(folder, 'pets.tar'))
      expect(data.name).toBe('pets')
      expect(data.classes).toEqual(['cat', 'dog'])
      expect([data.train, data.validation].map((part) => part.map(({ truth }) => truth))).toEqual([
        [0, 1],
        [0, 1],
      ])
    })
  })

  it('refuses archives without images, with images outside folders, or cut short', async () => {
    expect(await refusal({ 'train.tar': archive('a/readme.txt') })).toMatch('DIR/train.tar has no images')
    expect(await refusal({ 'train.tar': archive('a/1.png', '2.png') })).toMatch('2.png is in no class folder')
    expect(await refusal({ 'train.tar': archive('A/1.png', 'a/1.png') })).toMatch(
      'DIR/train.tar: classes A and a differ in letter case only',
    )
    expect(await refusal({ 'photos.tar.gz': 'x' }, 'photos.tar.gz')).toMatch(
      'Unpack compressed archives first',
    )
    const cut = archive('a/1.png').subarray(0, 700)
    expect(await refusal({ 'train.tar': cut })).toMatch('DIR/train.tar is truncated')
    const strange = { 'train.tar': archive('a/1.png'), 'val.tar': archive('b/1.png') }
    expect(await refusal(strange)).toMatch(/val\.tar has class b|which the training images lack/)
  })
})

describe('openDataset: kinds by name', () => {
  it('takes KIND:PATH, and a folder of that very name as a path', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { ...classFolders({ a: 2, b: 2 }), ...classFolders({ c: 2, d: 2 }, 'builtin:x/') })
      expect((await openDataset(`folder:${folder}`)).classes).toEqual(['a', 'b', 'builtin:x'])
      expect((await openDataset(join(folder, 'builtin:x'))).classes).toEqual(['c', 'd'])
      expect(absoluteLocation('cifar10:data')).toBe(`cifar10:${resolve('data')}`)
      expect(absoluteLocation('builtin:count')).toBe('builtin:count')
      expect(absoluteLocation('some/photos')).toBe(resolve('some/photos'))
    })
  })

  it('refuses unknown kinds, and places that hold something else', async () => {
    await expect(openDataset('cifra10:/data')).rejects.toThrow(
      /cifra10:\/data: there is no kind of data cifra10. Choose one of builtin, cifar10, /,
    )
    await inTempFolder(async (folder) => {
      writeFiles(folder, classFolders({ a: 1 }))
      const wrong = openDataset(`pets:${folder}`)
      await expect(wrong).rejects.toThrow(DataError)
      await expect(wrong).rejects.toThrow('does not hold Oxford-IIIT Pets. Expected annotations/trainval.txt')
    })
  })
})

describe('openDataset: drawn tasks and options', () => {
  it('gives balanced labels and separate images to train and test', async () => {
    const data = await openDataset('builtin:location', { trainSize: 18, testSize: 9, seed: 5 })
    expect(data.classes[5]).toBe('middle right')
    expect(data.train.map(({ truth }) => truth)).toEqual([...Array(18).keys()].map((i) => i % 9))
    expect(data.test.map(({ truth }) => truth)).toEqual([...Array(9).keys()])
    const indices = [...data.train, ...data.test].map(({ source }) =>
      source.kind === 'drawn' ? source.index : -1,
    )
    expect(new Set(indices).size).toBe(27)
  })

  it('refuses unknown tasks and senseless options', async () => {
    await expect(openDataset('builtin:cats')).rejects.toThrow(ConfigError)
    await expect(openDataset('builtin:toString')).rejects.toThrow('there is no builtin:toString')
    await expect(openDataset('builtin:count', { trainSize: 0 })).rejects.toThrow('trainSize must be')
    await expect(openDataset('builtin:count', { validationShare: 1 })).rejects.toThrow(
      'validationShare must be',
    )
  })
})
