import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../../errors.ts'
import { findDataset, openDataset } from '../../dataset.ts'
import { type Example, sourceName } from '../../example.ts'
import { parseLocation } from '../../location.ts'
import type { OpenOptions } from '../../options.ts'
import { inTempFolder, png, writeFiles } from '../../testing/files.ts'

const pixel = await png([200, 100, 50])
type Files = Readonly<Record<string, string | Uint8Array>>

const pictures = (...names: string[]): Files => Object.fromEntries(names.map((name) => [name, pixel]))

/** Tiny datasets in the layouts of their authors. */
const copies = {
  'food-101': {
    'meta/classes.txt': 'apple_pie\nbaby_back_ribs\n',
    'meta/labels.txt': 'Apple pie\nBaby back ribs\n',
    'meta/train.txt': 'baby_back_ribs/7\napple_pie/1005649\napple_pie/12\n',
    'meta/test.txt': 'apple_pie/5\n',
    ...pictures('images/apple_pie/1005649.jpg', 'images/apple_pie/12.jpg', 'images/apple_pie/5.jpg'),
    ...pictures('images/baby_back_ribs/7.jpg'),
  },
  'fgvc-aircraft-2013b': {
    'data/variants.txt': '707-320\nF/A-18\n',
    'data/families.txt': 'Boeing 707\nF/A-18\n',
    'data/images_variant_train.txt': '0034309 F/A-18\n0034958 707-320\n',
    'data/images_variant_val.txt': '1042824 707-320\n',
    'data/images_variant_test.txt': '1340192 F/A-18\n',
    'data/images_family_train.txt': '0034309 F/A-18\n0034958 Boeing 707\n',
    'data/images_family_val.txt': '1042824 Boeing 707\n',
    'data/images_family_test.txt': '1340192 F/A-18\n',
    ...pictures('data/images/0034309.jpg', 'data/images/0034958.jpg'),
    ...pictures('data/images/1042824.jpg', 'data/images/1340192.jpg'),
  },
  'oxford-iiit-pet': {
    'annotations/trainval.txt': 'Abyssinian_100 1 1 1\namerican_bulldog_2 2 2 1\nAbyssinian_101 1 1 1\n',
    'annotations/test.txt': 'american_bulldog_203 2 2 1\n',
    ...pictures('images/Abyssinian_100.jpg', 'images/Abyssinian_101.jpg'),
    ...pictures('images/american_bulldog_2.jpg', 'images/american_bulldog_203.jpg'),
  },
  dtd: {
    'labels/train1.txt': 'banded/banded_2.jpg\nwoven/woven_1.jpg\n',
    'labels/val1.txt': 'banded/banded_5.jpg\n',
    'labels/test1.txt': 'woven/woven_3.jpg\n',
    ...pictures('images/banded/banded_2.jpg', 'images/banded/banded_5.jpg'),
    ...pictures('images/woven/woven_1.jpg', 'images/woven/woven_3.jpg'),
  },
  'tiny-imagenet-200': {
    'wnids.txt': 'n02\nn01\n',
    'words.txt': 'n01\tgoldfish, Carassius auratus\nn02\tfrog\nn03\tother\n',
    'val/val_annotations.txt': 'val_0.JPEG\tn02\t0\t32\t44\t62\nval_1.JPEG\tn01\t0\t0\t63\t63\n',
    ...pictures('train/n01/images/n01_0.JPEG', 'train/n02/images/n02_0.JPEG', 'train/n02/images/n02_1.JPEG'),
    ...pictures('val/images/val_0.JPEG', 'val/images/val_1.JPEG'),
  },
} as const satisfies Record<string, Files>

type Name = keyof typeof copies

/** Opens a tiny dataset through its parent folder, as the archive unpacks; parts as `NAME label`. */
async function open(name: Name, options: Partial<OpenOptions> = {}, changes: Files = {}, kind = '') {
  return inTempFolder(async (folder) => {
    writeFiles(join(folder, name), { ...copies[name], ...changes })
    const { train, validation, test, classes, average } = await openDataset(`${kind}${folder}`, options)
    const shown = (part: readonly Example[]) =>
      part.map(({ source, truth }) => `${sourceName(source).split('/').at(-1)} ${truth}`)
    return { classes, average, train: shown(train), validation: shown(validation), test: shown(test) }
  })
}

describe('sets in their authors’ formats', () => {
  it('Food-101', async () => {
    expect(await open('food-101')).toEqual({
      classes: ['Apple pie', 'Baby back ribs'],
      average: undefined,
      train: ['1005649.jpg 0', '12.jpg 0', '7.jpg 1'],
      validation: ['5.jpg 0'],
      test: ['5.jpg 0'],
    })
  })

  it('Food-101 without a look at test images: a share of every class is put aside', async () => {
    const { train, validation, test } = await open('food-101', { split: 'search', validationShare: 0.5 })
    expect([...train, ...validation].sort()).toEqual(['1005649.jpg 0', '12.jpg 0', '7.jpg 1'])
    expect(validation.length).toBe(1)
    expect(test).toEqual(['5.jpg 0'])
  })

  it('FGVC-Aircraft by variant, and by family if asked', async () => {
    expect(await open('fgvc-aircraft-2013b')).toEqual({
      classes: ['707-320', 'F/A-18'],
      average: 'classes',
      train: ['0034958.jpg 0', '1042824.jpg 0', '0034309.jpg 1'],
      validation: ['1340192.jpg 1'],
      test: ['1340192.jpg 1'],
    })
    expect(await open('fgvc-aircraft-2013b', { split: 'search' }, {}, 'aircraft-family:')).toMatchObject({
      classes: ['Boeing 707', 'F/A-18'],
      train: ['0034958.jpg 0', '0034309.jpg 1'],
      validation: ['1042824.jpg 0'],
    })
  })

  it('Oxford-IIIT Pets', async () => {
    expect(await open('oxford-iiit-pet')).toEqual({
      classes: ['Abyssinian', 'american bulldog'],
      average: 'classes',
      train: ['Abyssinian_100.jpg 0', 'Abyssinian_101.jpg 0', 'american_bulldog_2.jpg 1'],
      validation: ['american_bulldog_203.jpg 1'],
      test: ['american_bulldog_203.jpg 1'],
    })
  })

  it('DTD, with its own validation images', async () => {
    expect(await open('dtd', { split: 'search' })).toEqual({
      classes: ['banded', 'woven'],
      average: undefined,
      train: ['banded_2.jpg 0', 'woven_1.jpg 1'],
      validation: ['banded_5.jpg 0'],
      test: ['woven_3.jpg 1'],
    })
    expect((await open('dtd')).train).toEqual(['banded_2.jpg 0', 'banded_5.jpg 0', 'woven_1.jpg 1'])
  })

  it('Tiny-ImageNet', async () => {
    expect(await open('tiny-imagenet-200')).toEqual({
      classes: ['goldfish, Carassius auratus', 'frog'],
      average: undefined,
      train: ['n01_0.JPEG 0', 'n02_0.JPEG 1', 'n02_1.JPEG 1'],
      validation: ['val_1.JPEG 0', 'val_0.JPEG 1'],
      test: ['val_1.JPEG 0', 'val_0.JPEG 1'],
    })
  })

  it('asks which of several sets in one folder is meant', async () => {
    await inTempFolder(async (folder) => {
      for (const name of ['dtd', 'food-101'] as const) writeFiles(join(folder, name), copies[name])
      await expect(openDataset(folder)).rejects.toThrow(
        `${folder} holds several datasets. Say which: food101:${folder} or dtd:${folder}.`,
      )
      expect((await openDataset(`dtd:${folder}`)).name).toBe('DTD')
      const location = parseLocation(join(folder, 'dtd'))
      if (location.kind === 'builtin') throw new Error('expected a path')
      expect(findDataset(location).kind.name).toBe('dtd')
    })
  })

  const refusals: [Name, string, Files, string][] = [
    [
      'food-101',
      'image missing',
      { 'meta/test.txt': 'apple_pie/9\n' },
      'meta/test.txt:1: there is no image ',
    ],
    [
      'food-101',
      'class unknown',
      { 'meta/test.txt': '\nsoup/7\n' },
      'test.txt:2: there is no class "soup" in ',
    ],
    [
      'food-101',
      'class twice',
      { 'meta/classes.txt': 'a\na\n' },
      'meta/classes.txt:2: class a was named before',
    ],
    [
      'food-101',
      'names too few',
      { 'meta/labels.txt': 'Apple pie\n' },
      'has 2 classes, labels.txt beside it 1',
    ],
    [
      'food-101',
      'path escapes',
      { 'meta/test.txt': 'apple_pie/../../x\n' },
      'meta/test.txt:1: "apple_pie/../../x.jpg" leaves the folder',
    ],
    [
      'fgvc-aircraft-2013b',
      'list empty',
      { 'data/images_variant_val.txt': '' },
      'images_variant_val.txt is empty',
    ],
    [
      'fgvc-aircraft-2013b',
      'no class',
      { 'data/images_variant_val.txt': '1042824\n' },
      ':1: expected "image class"',
    ],
    [
      'oxford-iiit-pet',
      'bad line',
      { 'annotations/test.txt': 'cat 1\n' },
      'test.txt:1: expected "Breed_12 class',
    ],
    [
      'oxford-iiit-pet',
      'breeds mixed',
      { 'annotations/test.txt': 'pug_1 1 1 1\n' },
      'class 1 is pug here and Abyss',
    ],
    [
      'oxford-iiit-pet',
      'gap',
      { 'annotations/test.txt': 'pug_1 4 1 1\n', ...pictures('images/pug_1.jpg') },
      'class 3',
    ],
    ['dtd', 'no texture', { 'labels/val1.txt': 'x.jpg\n' }, 'val1.txt:1: expected "texture/image.jpg"'],
    [
      'tiny-imagenet-200',
      'class without images',
      { 'wnids.txt': 'n01\nn02\nn09\n' },
      'train/n09/images has no images',
    ],
    [
      'tiny-imagenet-200',
      'unknown id',
      { 'val/val_annotations.txt': 'val_0.JPEG n7\n' },
      'there is no class "n7"',
    ],
  ]
  it.each(refusals)('refuses %s: %s', async (name, _what, changes, message) => {
    const attempt = open(name, {}, changes)
    await expect(attempt).rejects.toThrow(DataError)
    await expect(attempt).rejects.toThrow(message)
  })
})
