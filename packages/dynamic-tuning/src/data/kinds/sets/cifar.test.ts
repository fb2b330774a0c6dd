import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../../errors.ts'
import { openDataset } from '../../dataset.ts'
import type { Example, PackedSource } from '../../example.ts'
import { imageReader } from '../../sources/read-image.ts'
import { inTempFolder, writeFiles } from '../../testing/files.ts'

/** A record as the authors describe it: labels, then 1024 bytes each of red, green and blue, row by row. */
function record(
  labels: readonly number[],
  pixel: (x: number, y: number, channel: number) => number,
): Uint8Array {
  const bytes = [...labels]
  for (let channel = 0; channel < 3; channel++)
    for (let y = 0; y < 32; y++) for (let x = 0; x < 32; x++) bytes.push(pixel(x, y, channel))
  return Uint8Array.from(bytes)
}

const names = 'airplane\nautomobile\nbird\n\n'
const drawn = (seed: number) => (x: number, y: number, channel: number) =>
  (seed * 31 + x * 7 + y * 13 + x * y + channel * 101) % 256

function cifar10(changes: Record<string, string | Uint8Array> = {}): Record<string, string | Uint8Array> {
  const batches = [1, 2, 3, 4, 5].map((n): [string, Uint8Array] => [
    `data_batch_${n}.bin`,
    Buffer.concat([record([n % 3], drawn(2 * n)), record([2], drawn(2 * n + 1))]),
  ])
  const test = record([1], drawn(99))
  return { 'batches.meta.txt': names, ...Object.fromEntries(batches), 'test_batch.bin': test, ...changes }
}

describe('CIFAR, binary version', () => {
  it('CIFAR-10: labels, order and every pixel', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(join(folder, 'cifar-10-batches-bin'), cifar10())
      const data = await openDataset(folder)
      expect(data.classes).toEqual(['airplane', 'automobile', 'bird'])
      const places = data.train.map(({ source, truth }) => `${(source as PackedSource).name} ${truth}`)
      expect(places).toEqual([
        ...['00004 0', '00000 1', '00006 1'],
        ...['00001 2', '00002 2', '00003 2', '00005 2', '00007 2', '00008 2', '00009 2'],
      ])
      expect([data.test.length, data.validation]).toEqual([1, data.test])
      const reader = imageReader()
      const image = await reader.read((data.train[0] as Example).source)
      reader.close()
      const pixel = drawn(6)
      const expected = Array.from({ length: 3072 }, (_, i) =>
        pixel(Math.floor(i / 3) % 32, Math.floor(i / 96), i % 3),
      )
      expect(image).toEqual({ width: 32, height: 32, data: Uint8Array.from(expected) })
    })
  })

  it('CIFAR-100: the fine label is the second byte', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, {
        'fine_label_names.txt': 'apple\naquarium_fish\n',
        'train.bin': Buffer.concat([record([9, 1], () => 1), record([9, 0], () => 2)]),
        'test.bin': record([9, 0], () => 3),
      })
      const data = await openDataset(`cifar100:${folder}`)
      expect(data.train.map(({ truth }) => truth)).toEqual([0, 1])
      const image = await imageReader().read((data.train[0] as Example).source)
      expect(new Set(image.data)).toEqual(new Set([2]))
    })
  })

  it.each([
    [
      'cut short',
      { 'data_batch_2.bin': new Uint8Array(3000) },
      /data_batch_2.bin has 3000 bytes, expected a multiple of 3073/,
    ],
    ['empty', { 'data_batch_2.bin': new Uint8Array(0) }, /data_batch_2.bin has 0 bytes/],
    ['missing batch', { 'data_batch_3.bin': '' }, /data_batch_3.bin has 0 bytes/],
    [
      'label beyond',
      { 'test_batch.bin': record([7], () => 0) },
      /label 7 at byte 0 \(image 0\), expected 0 to 2/,
    ],
    ['names missing', { 'batches.meta.txt': '\n' }, /batches.meta.txt is empty/],
  ])('refuses %s', async (_what, changes, message) => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, cifar10(changes))
      const attempt = openDataset(folder)
      await expect(attempt).rejects.toThrow(DataError)
      await expect(attempt).rejects.toThrow(message)
    })
  })
})
