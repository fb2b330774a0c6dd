import { join } from 'node:path'
import { encode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { ConfigError, DataError } from '../../../errors.ts'
import { openDataset } from '../../dataset.ts'
import { type Dataset, type Example, sourceName } from '../../example.ts'
import { ignoredLabel } from '../../label-map.ts'
import type { MaskSource } from '../../masks/mask-source.ts'
import { readMask } from '../../masks/read-mask.ts'
import { inTempFolder, png, writeFiles } from '../../testing/files.ts'
import { mapTruth } from '../../truths/map.ts'
import { ade20kTable } from './ade20k.ts'
import { cocoStuffRawTable } from './coco-stuff.ts'

const picture = await png([9, 9, 9], 2, 2)
const mask = (...data: readonly number[]): Uint8Array =>
  encode({
    width: 2,
    height: 2,
    data: Uint8Array.from({ length: 4 }, (_, i) => data[i] ?? data[0] ?? 0),
    channels: 1,
  })

const opened = async (folder: string, options = {}): Promise<Dataset<MaskSource>> =>
  mapTruth.of(await openDataset(folder, options))
const named = (examples: readonly Example[], folder: string): string[] =>
  examples.map(({ source }) => sourceName(source).slice(folder.length + 1))
const labels = async ([example]: readonly Example<MaskSource>[]): Promise<number[]> => {
  const { data } = await readMask((example as Example<MaskSource>).truth)
  return [...data]
}
/** Pictures and masks of the same names in two folders. */
const both = (images: string, masks: string, of: Readonly<Record<string, Uint8Array>>) =>
  Object.fromEntries(
    Object.entries(of).flatMap(([name, values]) => [
      [`${images}/${name}.jpg`, picture],
      [`${masks}/${name}.png`, values],
    ]),
  )

describe('published sets of masks', () => {
  it('ADE20K: 0 is ignored, k is class k - 1', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(join(folder, 'ADEChallengeData2016'), {
        ...both('images/training', 'annotations/training', { a: mask(0, 1, 150, 255), b: mask(3) }),
        ...both('images/validation', 'annotations/validation', { v: mask(7), w: mask(151) }),
      })
      const { name, classes, truth, train, validation, test } = await opened(folder)
      expect([name, truth, classes.length, classes[0], classes[149]]).toEqual([
        'ADE20K',
        'map',
        150,
        'wall',
        'flag',
      ])
      expect(train.length).toBe(2)
      expect(test).toBe(validation)
      expect(await labels(train)).toEqual([ignoredLabel, 0, 149, ignoredLabel])
      expect(await labels(test)).toEqual([6, 6, 6, 6])
      await expect(labels(test.slice(1))).rejects.toThrow(
        /w\.png: value 151 .* expected 1 to 150, or 0 and 255 for ignored/,
      )
      expect([...ade20kTable.classes.subarray(0, 3)]).toEqual([ignoredLabel, 0, 1])
    })
  })

  it('COCO-Stuff: raw masks skip the values that no image has, converted ones are taken first', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        ...both('images/train2017', 'annotations/train2017', {
          '1': mask(0, 12, 181, 255),
          '000000298251': mask(0),
        }),
        ...both('images/val2017', 'annotations/val2017', { '2': mask(11) }),
        'annotations/train2017/1_labelTrainIds.png': mask(170),
      })
      const { name, classes, train, test, missing } = await opened(folder)
      expect([name, classes.length, classes[79], classes[80], classes[170]]).toEqual([
        ...['COCO-Stuff 164k', 171, 'toothbrush', 'banner', 'wood'],
      ])
      expect([named(train, folder), missing]).toEqual([['images/train2017/1.jpg'], undefined])
      expect(await labels(train)).toEqual([170, 170, 170, 170])
      await expect(labels(test)).rejects.toThrow(/value 11 .* is none of the 171 classes/)
    })
    const { classes } = cocoStuffRawTable
    expect([10, 12, 24, 27, 43, 46, 89, 91, 181, 255].map((value) => classes[value])).toEqual([
      ...[10, 11, 23, 25, 39, 41, 79, 80, 170, ignoredLabel],
    ])
    expect(new Set([...classes].filter((label) => label < 171)).size).toBe(171)
    await inTempFolder(async (folder) => {
      writeFiles(join(folder, 'coco_stuff164k'), {
        ...both('images/train2017', 'stuffthingmaps/train2017', { '1': mask(0, 12, 181, 255), '2': mask(1) }),
      })
      const { train, test } = await opened(folder)
      expect([train.length, test.length]).toEqual([1, 1])
      expect((await Promise.all([labels(train), labels(test)])).toSorted()).toEqual([
        [0, 11, 170, ignoredLabel],
        [1, 1, 1, 1],
      ])
    })
  })
})

describe('folders of images and masks', () => {
  it('are split as they lie, with the classes of classes.json', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        ...both('images/train', 'masks/train', { b: mask(0, 1, 2, 255), 'more/a': mask(2) }),
        ...both('images/val', 'masks/val', { c: mask(1) }),
        ...both('images/test', 'masks/test', { d: mask(1), e: mask(3) }),
        'classes.json': '{ "classes": ["sky", "tree"], "ignore": 2, "palette": [[1, 2, 3], [4, 5, 6]] }',
      })
      const set = await opened(folder)
      expect(set).toMatchObject({
        classes: ['sky', 'tree'],
        colours: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        notes: [],
      })
      expect(named(set.train, folder)).toEqual(['images/train/more/a.jpg', 'images/train/b.jpg'])
      expect(named(set.validation, folder)).toEqual(['images/val/c.jpg'])
      expect(named(set.test, folder)).toEqual(['images/test/d.jpg', 'images/test/e.jpg'])
      expect(await labels(set.train.slice(1))).toEqual([0, 1, ignoredLabel, ignoredLabel])
      await expect(labels(set.test.slice(1))).rejects.toThrow(
        /value 3 at row 0, column 0 .* 0 to 1, or 2 and 255 for/,
      )
    })
  })

  it("may have mmsegmentation's names, endings and no split", async () => {
    await inTempFolder(async (folder) => {
      const many = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`i${i}`, mask(i % 3)]))
      writeFiles(folder, both('img_dir', 'ann_dir', many))
      const parts = async (seed: number) =>
        named((await opened(folder, { seed, validationShare: 0.3 })).test, folder)
      const { train, test, classes, notes } = await opened(folder, { seed: 1, validationShare: 0.3 })
      expect([train.length, test.length]).toEqual([7, 3])
      expect(await parts(1)).toEqual(named(test, folder))
      expect(await parts(2)).not.toEqual(named(test, folder))
      expect(classes).toEqual(['class 0', 'class 1', 'class 2'])
      expect(notes).toEqual([
        `there is no ${folder}/classes.json: the masks have values up to 2, so there are 3 classes, called class 0 to class 2; 255 is ignored.`,
      ])
    })
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        'images/train/a.png': picture,
        'masks/train/a_mask.png': mask(1),
        'images/test/z.png': picture,
        'images/train/b.webp': picture,
        'masks/train/b.png': mask(4),
      })
      const { train, test, notes } = await opened(`masks:${folder}`)
      expect([train.length, test.length]).toEqual([1, 1])
      expect(notes?.[1]).toBe(`${folder}/images/test is left out: there are no masks for it`)
    })
  })

  it('of 0 and 255 alone have two classes', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, both('images', 'masks', { a: mask(0), b: mask(255, 0, 0, 255), c: mask(0) }))
      const { train, test, classes, notes } = await opened(folder)
      expect(classes).toEqual(['class 0', 'class 1'])
      expect(notes?.[0]).toMatch(
        /^the masks have values 0 and 255 only: 0 is taken for class 0, 255 for class 1\. /,
      )
      const values = await Promise.all([...train, ...test].map((each) => labels([each])))
      expect(values.toSorted()).toEqual([
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 0, 0, 1],
      ])
      writeFiles(folder, { 'classes.json': '["ground", "cell"]' })
      expect((await opened(folder)).notes?.[0]).toMatch(/0 is taken for ground, 255 for cell\.$/)
      writeFiles(folder, { 'masks/c.png': mask(1, 255, 0, 0) })
      expect(await opened(folder)).toMatchObject({ notes: [] })
      expect((await opened(folder)).train[0]?.truth.classes[255]).toBe(ignoredLabel)
      writeFiles(folder, {
        'masks/c.png': mask(0),
        'classes.json': '{"classes": ["a", "b"], "ignore": [255]}',
      })
      expect(await opened(folder)).toMatchObject({ notes: [] })
    })
  })

  it('name images without masks, and leave them out if asked', async () => {
    await inTempFolder(async (folder) => {
      const masks = { a: mask(0), b: mask(1), c: mask(1) }
      writeFiles(folder, {
        ...both('images', 'masks', masks),
        'masks/y.png': mask(9),
        'classes.json': '["a", "b"]',
      })
      expect(await opened(folder)).toMatchObject({
        unused: [join(folder, 'masks/y.png')],
        notes: [`1 mask has no image: ${folder}/masks/y.png`],
      })
      writeFiles(folder, { 'images/x.jpg': picture, 'images/z.jpg': picture, 'images/h.heic': picture })
      await expect(opened(folder)).rejects.toThrow(DataError)
      await expect(opened(folder)).rejects.toThrow(
        `${folder}/images/x.jpg has no mask, nor have 1 more images`,
      )
      const { train, test, missing, unused, unread, notes } = await opened(folder, { skipBad: true })
      expect(train.length + test.length).toBe(3)
      expect(missing).toEqual(['images/x.jpg', 'images/z.jpg'].map((name) => join(folder, name)))
      expect(unused).toEqual([join(folder, 'masks/y.png')])
      expect(unread).toEqual([join(folder, 'images/h.heic')])
      expect(notes?.[0]).toBe(`2 images have no mask, such as ${folder}/images/x.jpg`)
    })
  })

  it.each([
    [
      'no pairs',
      { 'images/a.jpg': picture, 'masks/b.png': mask(0) },
      /no image in .*images has a mask, not .*a\.jpg/,
    ],
    ['no images', { 'images/.x': '', 'masks/b.png': mask(0) }, /images has no images/],
    [
      'one image',
      { 'images/a.jpg': picture, 'masks/a.png': mask(0, 1) },
      /one image with a mask, and none to test/,
    ],
    [
      'one class',
      both('images', 'masks', { a: mask(0), b: mask(0) }),
      /have class 0 alone\. Expected at least two/,
    ],
    [
      'nothing but ignored pixels',
      { ...both('images', 'masks', { a: mask(255), b: mask(255) }), 'masks/c.png': mask(1) },
      undefined,
    ],
    [
      'an empty list',
      { ...both('images', 'masks', { a: mask(0), b: mask(1) }), 'classes.json': '[]' },
      /classes\.json names 0 classes/,
    ],
    [
      'a name twice',
      { ...both('images', 'masks', { a: mask(0) }), 'classes.json': '["a", "b", "a"]' },
      /names a twice/,
    ],
    [
      'few colours',
      {
        ...both('images', 'masks', { a: mask(0) }),
        'classes.json': '{"classes":["a","b"],"palette":[[0,0,0]]}',
      },
      /1 colours for 2/,
    ],
    [
      'a wrong list',
      { ...both('images', 'masks', { a: mask(0) }), 'classes.json': '{"classes": 3}' },
      /must be an array of names, or \{/,
    ],
    ['colours', both('images', 'masks', { a: picture, b: picture }), /a\.png is RGB/],
  ])('with %s are refused', async (_what, files, message) => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, files)
      if (message === undefined) return expect(opened(folder, { skipBad: true })).resolves.toBeDefined()
      await expect(opened(folder, { skipBad: true })).rejects.toThrow(DataError)
      await expect(opened(folder, { skipBad: true })).rejects.toThrow(message)
    })
  })

  it('of instances are refused, and so are other kinds', async () => {
    await inTempFolder(async (folder) => {
      const deep = encode({
        width: 2,
        height: 2,
        data: Uint16Array.of(0, 5000, 1, 2),
        channels: 1,
        depth: 16,
      })
      writeFiles(folder, both('images', 'masks', { a: deep, b: mask(1) }))
      await expect(opened(folder)).rejects.toThrow(/a\.png has the value 5000: expected class numbers/)
      await expect(opened(`ade20k:${folder}`)).rejects.toThrow(/does not hold ADE20K/)
      await expect(opened(`mask:${folder}`)).rejects.toThrow(ConfigError)
    })
  })
})
