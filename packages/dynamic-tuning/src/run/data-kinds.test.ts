import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { drawImage } from '../data/sources/drawn/draw-image.ts'
import { tarEnd, tarEntry, writeFiles } from '../data/testing/files.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { drawWeights } from '../models/backbone.ts'
import { finetune } from './finetune.ts'
import { tinyVit } from './tiny-run.test.support.ts'

const folder = mkdtempSync(join(tmpdir(), 'data-kinds-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(tinyVit, 1), config: tinyVit })

/** Everything a run says but for times and places, and the very bytes that it trained. */
async function run(data: string, name: string) {
  const out = join(folder, 'runs', name)
  mkdirSync(dirname(out), { recursive: true })
  const sizes = { batch: 8, epochs: 2, workers: 0, threads: 1, bottleneck: 2, validationImages: 6 }
  const { summary } = await finetune({ data, model, seed: 7, ...sizes }, { out })
  if (!summary) throw new Error('the run ended without a summary')
  const {
    run: _run,
    data: _data,
    seconds: _seconds,
    loaderWaitShare: _wait,
    peakMemoryMB: _memory,
    ...rest
  } = summary
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n')
  const steps = lines.map((line) => {
    const {
      seconds: _s,
      imagesPerSecond: _i,
      memoryMB: _m,
      run: _r,
      data: _d,
      peakMemoryMB: _p,
      loaderWaitShare: _l,
      waitSeconds: _w,
      ...metrics
    } = JSON.parse(line)
    return metrics
  })
  return { ...rest, steps, weights: readFileSync(join(out, 'adapter.safetensors')).toString('hex') }
}

describe('the same images in other kinds of data', () => {
  const classes = ['airplane', 'bird', 'cat']
  const labels = { train: [2, 0, 1, 1, 0, 2, 0, 1, 2, 0, 1, 2, 2, 1, 0, 0], test: [1, 0, 2, 2, 1, 0, 0, 1] }
  const images = (part: 'train' | 'test') =>
    labels[part].map((label, i) => ({
      label,
      name: String(i).padStart(5, '0'),
      data: drawImage('nature', part === 'train' ? 1 : 2, i, 32).data,
    }))
  type Image = ReturnType<typeof images>[number]
  const asPng = ({ data }: Image) =>
    sharp(data, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toBuffer()
  const record = ({ label, data }: Image) =>
    Buffer.from([
      label,
      ...[0, 1, 2].flatMap((channel) =>
        Array.from({ length: 1024 }, (_, i) => data[3 * i + channel] as number),
      ),
    ])
  const write = async (part: 'train' | 'test') => {
    const all = images(part)
    const pngs = await Promise.all(all.map(asPng))
    const named = all.map(({ label, name }, i) => ({
      path: `${classes[label]}/${name}.png`,
      png: pngs[i] as Buffer,
      label,
      name,
    }))
    for (const { path, png } of named) writeFiles(join(folder, 'folder', part), { [path]: png })
    writeFiles(join(folder, 'tar'), {
      [`${part}.tar`]: Buffer.concat([...named.map(({ path, png }) => tarEntry(path, png)), tarEnd]),
    })
    for (const { name, png } of named) writeFiles(join(folder, 'lists', part), { [`${name}.png`]: png })
    const list = part === 'train' ? 'train800val200.txt' : 'test.txt'
    writeFiles(join(folder, 'lists'), {
      [list]: named.map(({ name, label }) => `${part}/${name}.png ${label}\n`).join(''),
      'classes.json': JSON.stringify(classes),
    })
    if (part === 'test')
      return writeFiles(join(folder, 'cifar'), { 'test_batch.bin': Buffer.concat(all.map(record)) })
    writeFiles(join(folder, 'cifar'), { 'batches.meta.txt': classes.join('\n') })
    for (let n = 0; n < 5; n++)
      writeFiles(join(folder, 'cifar'), {
        [`data_batch_${n + 1}.bin`]: Buffer.concat(
          all.slice(Math.ceil(3.2 * n), Math.ceil(3.2 * (n + 1))).map(record),
        ),
      })
  }

  it('fine-tune to the same bits and metrics: class folders, archives, lists, packed pixels', async () => {
    await write('train')
    await write('test')
    const expected = await run(join(folder, 'folder'), 'folder')
    for (const kind of ['tar', 'lists', 'cifar'])
      expect(await run(join(folder, kind), kind), kind).toEqual(expected)
  })
})
