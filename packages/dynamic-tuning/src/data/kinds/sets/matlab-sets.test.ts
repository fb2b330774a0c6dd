import { describe, expect, it } from 'vitest'
import { DataError } from '../../../errors.ts'
import {
  cells,
  compactDouble,
  double,
  matFile,
  structs,
  text,
  uint8,
  uint16,
} from '../../../io/mat/mat.test.support.ts'
import { openDataset } from '../../dataset.ts'
import { type Example, sourceName } from '../../example.ts'
import { createLoader } from '../../loader/loader.ts'
import type { OpenOptions } from '../../options.ts'
import { imageReader } from '../../sources/read-image.ts'
import { inTempFolder, png, writeFiles } from '../../testing/files.ts'

const pixel = await png([200, 100, 50])
type Files = Record<string, string | Uint8Array>

const shown = (part: readonly Example[]) =>
  part.map(({ source, truth }) => `${sourceName(source).split('/').at(-1)} ${truth}`)

async function parts(files: Files, options: Partial<OpenOptions> = {}) {
  return inTempFolder(async (folder) => {
    writeFiles(folder, files)
    const { train, validation, test, ...rest } = await openDataset(folder, options)
    return { train: shown(train), validation: shown(validation), test: shown(test), ...rest }
  })
}

async function refusal(files: Files): Promise<string> {
  const error: unknown = await parts(files).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DataError)
  return (error as Error).message
}

/** X [32, 32, 3, N] as MATLAB lays it out: rows fastest, then columns, channels, images. */
const value = (image: number, x: number, y: number, channel: number): number =>
  (image * 31 + x * 7 + y * 13 + x * y + channel * 101) % 256
function digits(labels: readonly number[], images = labels.length): Uint8Array {
  const data: number[] = []
  for (let image = 0; image < images; image++)
    for (let channel = 0; channel < 3; channel++)
      for (let x = 0; x < 32; x++) for (let y = 0; y < 32; y++) data.push(value(image, x, y, channel))
  return matFile({
    X: uint8(images === 1 ? [32, 32, 3] : [32, 32, 3, images], data),
    y: compactDouble([labels.length, 1], labels),
  })
}

describe('SVHN', () => {
  const files = { 'train_32x32.mat': digits([10, 1, 9, 1]), 'test_32x32.mat': digits([3]) }

  it('has labels with 10 for the digit 0, and every pixel at its place, also through loader threads', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, files)
      const data = await openDataset(folder)
      expect(data.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
      expect(shown(data.train).map((text) => text.replace(/.*image /, ''))).toEqual([
        '000000 0',
        '000001 1',
        '000003 1',
        '000002 9',
      ])
      expect(data.test.map(({ truth }) => truth)).toEqual([3])
      const last = 2
      const expected = Array.from({ length: 3072 }, (_, i) =>
        value(last, Math.floor(i / 3) % 32, Math.floor(i / 96), i % 3),
      )
      const image = await imageReader().read((data.train[3] as Example).source)
      expect(image).toEqual({ width: 32, height: 32, data: Uint8Array.from(expected) })
      const transform = { height: 32, width: 32, resize: 'squash', mean: [0, 0, 0], std: [1, 1, 1] } as const
      const loader = createLoader(data.train, { transform, batch: 4, seed: 0, workers: 1 })
      for await (const { images } of loader.epoch(0)) {
        for (const i of [0, 1000, 3071]) {
          const place = 3 * 3072 + (i % 3) * 1024 + Math.floor(i / 3)
          expect(images[place]).toBeCloseTo((expected[i] as number) / 255, 6)
        }
      }
      await loader.close()
    })
  })

  it('refuses labels and images that disagree, strange labels and shapes, damaged files', async () => {
    const train = (bytes: Uint8Array) => ({ ...files, 'train_32x32.mat': bytes })
    expect(await refusal(train(digits([1, 2, 3], 2)))).toMatch(/train_32x32.mat: y has 3 labels, X 2 images/)
    expect(await refusal(train(digits([1, 11])))).toMatch(/train_32x32.mat: y\(2\) is 11, expected 1 to 10/)
    const flat = matFile({ X: uint8([2, 2], [1, 2, 3, 4]), y: uint8([1, 1], [1]) })
    expect(await refusal(train(flat))).toMatch(/X is \[2, 2\], expected bytes \[height, width, 3, images\]/)
    expect(await refusal(train(files['train_32x32.mat'].subarray(0, 2000)))).toMatch(
      /train_32x32.mat is cut short/,
    )
  })
})

describe('Stanford Cars', () => {
  const annotation = (fname: string, label: number) => ({
    bbox_x1: uint8([1, 1], [39]),
    bbox_y1: uint16([1, 1], [1116]),
    class: uint8([1, 1], [label]),
    fname: text(fname),
  })
  const files: Files = {
    'devkit/cars_meta.mat': matFile({
      class_names: cells([text('AM General Hummer SUV 2000'), text('Acura RL')]),
    }),
    'devkit/cars_train_annos.mat': matFile({
      annotations: structs([annotation('00001.jpg', 2), annotation('00002.jpg', 1)]),
    }),
    'cars_test_annos_withlabels.mat': matFile({ annotations: structs([annotation('00001.jpg', 1)]) }),
    'cars_train/00001.jpg': pixel,
    'cars_train/00002.jpg': pixel,
    'cars_test/00001.jpg': pixel,
  }

  it('reads structs of names and classes', async () => {
    expect(await parts(files)).toMatchObject({
      name: 'Stanford Cars',
      classes: ['AM General Hummer SUV 2000', 'Acura RL'],
      train: ['00002.jpg 0', '00001.jpg 1'],
      test: ['00001.jpg 0'],
    })
  })

  it('refuses missing labels and images, and classes that have no name', async () => {
    const { 'cars_test_annos_withlabels.mat': _, ...unlabelled } = files
    expect(await refusal(unlabelled)).toMatch(
      /cars_test_annos_withlabels.mat is missing: the labels of the test/,
    )
    const { 'cars_test/00001.jpg': _image, ...bare } = files
    expect(await refusal(bare)).toMatch(
      /withlabels.mat: annotations\(1\): there is no image .*cars_test\/00001.jpg/,
    )
    const third = matFile({ annotations: structs([annotation('00001.jpg', 3)]) })
    expect(await refusal({ ...files, 'devkit/cars_train_annos.mat': third })).toMatch(
      /annotations\(1\).class is 3, expected 1 to 2/,
    )
    const cellular = matFile({ annotations: cells([]) })
    expect(await refusal({ ...files, 'devkit/cars_train_annos.mat': cellular })).toMatch(
      /annotations: expected structs, got cell/,
    )
  })
})

describe('Flowers-102', () => {
  const images = [1, 2, 3, 4, 5].map((n): [string, Uint8Array] => [`jpg/image_0000${n}.jpg`, pixel])
  const sets = (test: readonly number[]) =>
    matFile({
      trnid: uint16([1, 2], [2, 1]),
      valid: double([1, 1], [3]),
      tstid: double([1, test.length], test),
    })
  const files: Files = {
    'imagelabels.mat': matFile({ labels: compactDouble([1, 5], [2, 1, 2, 1, 2]) }),
    'setid.mat': sets([5, 4]),
    ...Object.fromEntries(images),
  }

  it('reads labels and sets of image numbers', async () => {
    expect(await parts(files, { split: 'search' })).toEqual({
      name: 'Flowers-102',
      classes: ['1', '2'],
      average: 'classes',
      train: ['image_00002.jpg 0', 'image_00001.jpg 1'],
      validation: ['image_00003.jpg 1'],
      test: ['image_00004.jpg 0', 'image_00005.jpg 1'],
    })
    expect(await parts({ ...files, 'classes.json': '["pink primrose", "canterbury bells"]' })).toMatchObject({
      classes: ['pink primrose', 'canterbury bells'],
      train: ['image_00002.jpg 0', 'image_00001.jpg 1', 'image_00003.jpg 1'],
    })
  })

  it('refuses numbers without label or image, and names that do not fit', async () => {
    expect(await refusal({ ...files, 'setid.mat': sets([9]) })).toMatch(
      /setid.mat: tstid\(1\) is image 9, imagelabels.mat has 5 labels/,
    )
    const { 'jpg/image_00004.jpg': _, ...bare } = files
    expect(await refusal(bare)).toMatch(/setid.mat: tstid\(2\): there is no image .*image_00004.jpg/)
    expect(await refusal({ ...files, 'classes.json': '["x"]' })).toMatch(
      /classes.json has 1 names for 2 classes/,
    )
    const zero = matFile({ labels: compactDouble([1, 2], [1, 0]) })
    expect(await refusal({ ...files, 'imagelabels.mat': zero })).toMatch(
      /labels\(2\) is 0, expected 1 to 100000/,
    )
  })
})
