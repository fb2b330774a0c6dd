import { join } from 'node:path'
import { DataError } from '../../../errors.ts'
import { asNumbers } from '../../../io/mat/fields.ts'
import { openMat } from '../../../io/mat/mat-file.ts'
import type { Example } from '../../example.ts'
import { packedSize } from '../../sources/packed.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/**
 * SVHN, cropped digits (Netzer et al. 2011): `train_32x32.mat` and `test_32x32.mat`, each with X uint8
 * [32, 32, 3, N] and y [N, 1], where 10 stands for the digit 0. The files are compressed, so the decompressed
 * pixels stay in memory: 225 MB for the training images.
 */
export const svhn: DatasetKind = {
  name: 'svhn',
  title: 'SVHN',
  expects: 'train_32x32.mat and test_32x32.mat (cropped digits)',
  locate: holding(['train_32x32.mat', 'test_32x32.mat'], ['svhn', 'SVHN']),
  async open(folder, options) {
    const train = await readDigits(join(folder, 'train_32x32.mat'))
    const test = await readDigits(join(folder, 'test_32x32.mat'))
    return { name: 'SVHN', classes: digits, ...usedParts({ train, test }, options) }
  },
}

async function readDigits(path: string): Promise<Example<number>[]> {
  const file = openMat(path)
  const labels = asNumbers(await file.read('y'), `${path}: y`).data
  const { dims, data } = asNumbers(await file.read('X'), `${path}: X`)
  const { buffer: unpacked, byteOffset } = data
  const [height = 0, width = 0, channels = 0, count = 1] = dims
  const isBytes = data instanceof Uint8Array && unpacked instanceof SharedArrayBuffer
  if (!isBytes || channels !== 3 || dims.length > 4 || height * width === 0)
    throw new DataError(
      `dataset: ${path}: X is [${dims.join(', ')}], expected bytes [height, width, 3, images]. Copy it again.`,
    )
  if (labels.length !== count)
    throw new DataError(`dataset: ${path}: y has ${labels.length} labels, X ${count} images. Copy it again.`)
  const size = packedSize({ width, height })
  return Array.from(labels, (label, i): Example<number> => {
    if (!Number.isInteger(label) || label < 0 || label > 10)
      throw new DataError(`dataset: ${path}: y(${i + 1}) is ${label}, expected 1 to 10`)
    const name = String(i).padStart(6, '0')
    const offset = byteOffset + i * size
    const place = { file: path, unpacked, offset, width, height, name }
    return { source: { kind: 'packed', plane: 'columns', ...place }, truth: label % 10 }
  })
}
