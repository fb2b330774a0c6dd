import { closeSync, existsSync, fstatSync, readSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DataError } from '../../../errors.ts'
import { openFile } from '../../../io/regular-file.ts'
import type { Example } from '../../example.ts'
import { type DatasetKind, holding } from '../kind.ts'
import { usedParts } from '../parts.ts'
import { readClassNames } from './lines.ts'

const side = 32
const pixelBytes = 3 * side * side

interface Layout {
  readonly name: string
  readonly title: string
  readonly inner: string
  readonly names: string
  readonly train: readonly string[]
  readonly test: string
  /** Number of bytes before the pixels; the last one is the label. */
  readonly labelBytes: number
}

/**
 * CIFAR (Krizhevsky 2009), binary version: records of label bytes and 3072 bytes of pixels, planes
 * red, green and blue, row by row.
 */
function cifar(layout: Layout): DatasetKind {
  const { name, title, inner, names, train, test } = layout
  return {
    name,
    title,
    expects: `${train.join(', ')}, ${test} and ${names} (the binary version)`,
    locate: holding([...train.slice(0, 1), test], [inner]),
    open(folder, options) {
      const classes = readClassNames(join(folder, names))
      let read = 0
      const records = (file: string): Example<number>[] => {
        const found = readRecords(join(folder, file), layout, classes, read)
        read += found.length
        return found
      }
      const trained = train.flatMap(records)
      read = 0
      return { name: title, classes, ...usedParts({ train: trained, test: records(test) }, options) }
    },
  }
}

/**
 * Reads the labels of a file; pixels stay in the file. `first` is the index of its first image in the part.
 */
function readRecords(
  path: string,
  layout: Layout,
  classes: readonly string[],
  first: number,
): Example<number>[] {
  if (!existsSync(path))
    throw new DataError(`dataset: ${path} is missing. Unpack the binary version of ${layout.title} again.`)
  const record = layout.labelBytes + pixelBytes
  const file = openFile(path, 'dataset', DataError)
  try {
    const { size } = fstatSync(file)
    if (size === 0 || size % record !== 0)
      throw new DataError(
        `dataset: ${path} has ${size} bytes, expected a multiple of ${record} (label and pixels of an image). Is it cut short? Copy it again.`,
      )
    const labels = Buffer.alloc(layout.labelBytes)
    return Array.from({ length: size / record }, (_, i): Example<number> => {
      readSync(file, labels, 0, labels.length, i * record)
      const label = labels.readUInt8(labels.length - 1)
      const offset = i * record + labels.length
      if (label >= classes.length)
        throw new DataError(
          `dataset: ${path}: label ${label} at byte ${offset - 1} (image ${i}), expected 0 to ${classes.length - 1}. Is this ${basename(path)} of ${layout.title}?`,
        )
      const name = String(first + i).padStart(5, '0')
      return {
        source: { kind: 'packed', file: path, offset, width: side, height: side, plane: 'rows', name },
        truth: label,
      }
    })
  } finally {
    closeSync(file)
  }
}

/** `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, `batches.meta.txt`. */
export const cifar10 = cifar({
  name: 'cifar10',
  title: 'CIFAR-10',
  inner: 'cifar-10-batches-bin',
  names: 'batches.meta.txt',
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  test: 'test_batch.bin',
  labelBytes: 1,
})

/** `train.bin`, `test.bin`, `fine_label_names.txt`; with the 100 fine labels. */
export const cifar100 = cifar({
  name: 'cifar100',
  title: 'CIFAR-100',
  inner: 'cifar-100-binary',
  names: 'fine_label_names.txt',
  train: ['train.bin'],
  test: 'test.bin',
  labelBytes: 2,
})
