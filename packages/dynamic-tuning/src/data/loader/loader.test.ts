import { execFile } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError, DataError } from '../../errors.ts'
import { openDataset } from '../dataset.ts'
import type { Example } from '../example.ts'
import { imageReader } from '../sources/read-image.ts'
import { inTempFolder, png, writeFiles } from '../testing/files.ts'
import { type TransformSettings, toInput } from '../transforms/transforms.ts'
import type { Batch } from './batch.ts'
import { createLoader, type Loader, type LoaderSettings } from './loader.ts'

const transform: TransformSettings = {
  height: 8,
  width: 8,
  resize: 'squash',
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
}
const augment = { randomResizedCrop: { scale: [0.3, 1], ratio: [0.75, 1.33] }, flip: true } as const
const settings: LoaderSettings = { transform: { ...transform, augment }, batch: 4, seed: 1, shuffle: true }

const { train } = await openDataset('builtin:location', { trainSize: 10 })

async function take<E>(loader: Loader<E>, epoch: number, fromStep = 0): Promise<Batch<E>[]> {
  const batches: Batch<E>[] = []
  for await (const batch of loader.epoch(epoch, { fromStep })) batches.push(batch)
  return batches
}

async function using<T, E>(loader: Loader<E>, use: (loader: Loader<E>) => Promise<T>): Promise<T> {
  try {
    return await use(loader)
  } finally {
    await loader.close()
  }
}

describe.skipIf(process.platform === 'win32')('a reader that never ends (skipped: Windows)', () => {
  it('is left as soon as the epoch is aborted, and ended with the loader', async () => {
    await inTempFolder(async (folder) => {
      writeFiles(folder, { 'a.mp4': `0000ftyp${'0'.repeat(200)}`, tool: '#!/bin/sh\nexec sleep 600\n' })
      chmodSync(join(folder, 'tool'), 0o755)
      process.env.FFPROBE = join(folder, 'tool')
      const sample = { frames: 2, sampling: 'uniform', samplingRate: 1, views: [1, 1] } as const
      const examples: Example<number>[] = [
        { source: { kind: 'file', path: join(folder, 'a.mp4') }, truth: 0 },
      ]
      const loader = createLoader(examples, { transform, sample, batch: 1, seed: 1, workers: 1 })
      try {
        const controller = new AbortController()
        const next = loader.epoch(0, { signal: controller.signal }).next()
        setTimeout(() => controller.abort(), 300)
        expect(await next).toEqual({ done: true, value: undefined })
      } finally {
        delete process.env.FFPROBE
        await loader.close()
      }
    })
  }, 30_000)
})

describe('createLoader', () => {
  it('gives the examples in the seeded order, with their labels and pixels', async () => {
    const loader = createLoader(train, { ...settings, transform, workers: 0 })
    expect(loader.stepsPerEpoch).toBe(3)
    const batches = await take(loader, 2)
    const order = batches.flatMap(({ indices }) => [...indices])
    expect(order).toEqual([...random(1, 'shuffle', 2).shuffle(Array.from(train.keys()))])
    expect(batches.map(({ size, truths }) => [size, truths.length])).toEqual([
      [4, 4],
      [4, 4],
      [2, 2],
    ])
    for (const { images, truths, indices, size } of batches) {
      for (let i = 0; i < size; i++) {
        const { source, truth } = train[indices[i] as number] as Example
        expect(truths[i]).toBe(truth)
        const expected = toInput(await imageReader(8).read(source), transform)
        expect(images.subarray(i * 192, (i + 1) * 192)).toEqual(expected)
      }
    }
  })

  it('makes the same batches with any number of workers, with a cache or without, from any step', async () => {
    const expected = await using(
      createLoader(train, { ...settings, workers: 0, cacheMB: 0 }),
      async (loader) => [await take(loader, 0), await take(loader, 1)],
    )
    expect(expected[0]).not.toEqual(expected[1])
    for (const other of [
      { workers: 1 },
      { workers: 2, prefetch: 1 },
      { workers: 0 },
      { workers: 2, cacheMB: 0.0005 },
    ]) {
      await using(createLoader(train, { ...settings, ...other }), async (loader) => {
        expect(await take(loader, 0)).toEqual(expected[0])
        expect(await take(loader, 1)).toEqual(expected[1])
        expect(await take(loader, 1, 2)).toEqual(expected[1]?.slice(2))
      })
    }
  })

  it('leaves an incomplete batch out if asked to', async () => {
    const loader = createLoader(train, { ...settings, dropLast: true, workers: 0 })
    expect([loader.stepsPerEpoch, loader.skipped]).toEqual([2, 2])
    expect((await take(loader, 0)).map(({ size }) => size)).toEqual([4, 4])
  })

  it('keeps the order where it does not shuffle', async () => {
    const batches = await take(createLoader(train, { ...settings, shuffle: false, workers: 0 }), 3)
    expect(batches.flatMap(({ indices }) => [...indices])).toEqual([...train.keys()])
  })

  it('gives batches on memory of their own, which can be handed on', async () => {
    await using(createLoader(train, { ...settings, workers: 1 }), async (loader) => {
      for (const { images, indices } of await take(loader, 0)) {
        expect(images.buffer).toBeInstanceOf(ArrayBuffer)
        expect(indices.buffer).toBeInstanceOf(ArrayBuffer)
        expect(images.byteLength).toBe(images.buffer.byteLength)
      }
    })
  })

  it('goes on after an epoch was left early', async () => {
    await using(createLoader(train, { ...settings, workers: 1 }), async (loader) => {
      for await (const batch of loader.epoch(0)) {
        expect(batch.size).toBe(4)
        break
      }
      expect((await take(loader, 1)).length).toBe(3)
    })
  })

  it.each([0, 1])('reports an unreadable image by name, with %i workers', async (workers) => {
    await inTempFolder(async (folder) => {
      const good = await png([1, 2, 3])
      writeFiles(folder, { 'a.png': good, 'bad.png': good.subarray(0, 60) })
      const examples = ['a.png', 'a.png', 'bad.png', 'none.png'].map(
        (name): Example => ({ source: { kind: 'file', path: join(folder, name) }, truth: 0 }),
      )
      const run = (from: number) =>
        using(createLoader(examples, { ...settings, batch: 1, shuffle: false, workers }), (loader) =>
          take(loader, 0, from),
        )
      const errors = await Promise.all([run(0), run(3)].map((each) => each.catch((error: unknown) => error)))
      for (const error of errors) expect(error).toBeInstanceOf(DataError)
      expect(String(errors[0])).toMatch(`cannot read image ${folder}/bad.png`)
      expect(String(errors[1])).toMatch(`cannot open image ${folder}/none.png`)
    })
  })

  it.each([0, 2])(
    'replaces unreadable images by others of the whole list, with %i workers',
    async (workers) => {
      await inTempFolder(async (folder) => {
        const good = await png([1, 2, 3])
        writeFiles(folder, { 'good.png': good, 'bad.png': good.subarray(0, 60) })
        const order = random(1, 'shuffle', 0).shuffle(Array.from({ length: 12 }, (_, i) => i))
        const bad = new Set(order.slice(0, 6)) // three batches of bad images only
        const examples = Array.from(
          { length: 12 },
          (_, i): Example => ({
            source: { kind: 'file', path: join(folder, bad.has(i) ? 'bad.png' : 'good.png') },
            truth: i,
          }),
        )
        const heard: number[] = []
        const wanted = { ...settings, batch: 2, workers, skipBad: true }
        const onBad = ({ index }: { index: number }) => heard.push(index)
        await using(createLoader(examples, { ...wanted, onBad }), async (loader) => {
          const batches = await take(loader, 0)
          const taken = batches.flatMap(({ indices }) => [...indices])
          expect(batches.map(({ size }) => size)).toEqual([2, 2, 2, 2, 2, 2])
          expect(taken.slice(6)).toEqual(order.slice(6))
          expect(taken.filter((index) => bad.has(index))).toEqual([])
          expect(new Set(taken.slice(0, 6)).size).toBeGreaterThan(2)
          expect(batches.flatMap(({ truths }) => [...truths])).toEqual(taken)
          expect(heard.sort()).toEqual([...bad].sort())
        })
      })
    },
  )

  it('refuses settings that make no sense', () => {
    for (const bad of [
      { batch: 0 },
      { batch: 1.5 },
      { workers: -1 },
      { prefetch: 0 },
      { cacheMB: -1 },
      { batch: 11, dropLast: true },
      { transform: { ...transform, height: -1 } },
    ]) {
      expect(() => createLoader(train, { ...settings, ...bad })).toThrow(ConfigError)
    }
    expect(() => createLoader([], settings)).toThrow(ConfigError)
  })

  const library = fileURLToPath(import.meta.resolve('dynamic-tuning/data'))
  const inProcess = async (lines: string): Promise<string> => {
    const script = `
      const { createLoader, openDataset } = await import(${JSON.stringify(library)})
      const { train } = await openDataset('builtin:count', { trainSize: 6 })
      const loader = createLoader(train, { ...${JSON.stringify(settings)}, workers: 1 })
      ${lines}`
    const run = promisify(execFile)
    return (await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 })).stdout
  }

  it('lets the process end by itself, closed or not', async () => {
    expect(await inProcess('for await (const { size } of loader.epoch(0)) console.log(size)')).toBe('4\n2\n')
  })

  it('keeps the process until it is closed, also where a batch was being waited for', async () => {
    const lines = `
      const controller = new AbortController()
      const next = loader.epoch(0, { signal: controller.signal }).next()
      controller.abort()
      await next
      await loader.close()
      console.log('closed')`
    expect(await inProcess(lines)).toBe('closed\n')
  })
})
