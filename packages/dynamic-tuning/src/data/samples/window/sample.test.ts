import { join } from 'node:path'
import { random } from '@dynamic-tuning/engine'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../errors.ts'
import { openDataset } from '../../dataset.ts'
import type { Example } from '../../example.ts'
import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import type { Batch } from '../../loader/batch.ts'
import { createLoader, type LoaderSettings } from '../../loader/loader.ts'
import { plainClasses } from '../../masks/mask-source.ts'
import { drawLabelMap } from '../../sources/drawn/draw-image.ts'
import type { Pixels } from '../../sources/pixels.ts'
import { inTempFolder, writeFiles } from '../../testing/files.ts'
import { pattern } from '../../testing/pattern.ts'
import { normaliser } from '../../transforms/normalise.ts'
import { sampleReader } from '../reader.ts'
import { sampleOf } from '../registry.ts'
import { evaluationWindows, writeWindows } from './evaluation-windows.ts'
import { rowsOf } from './place.ts'
import { drawWindow, windowLabels, windowPixels } from './training-window.ts'

const window = { width: 16, height: 12 }
const transform = { ...window, resize: 'squash', mean: [0.5, 0.4, 0.3], std: [0.25, 0.5, 1] } as const
const normalise = normaliser(transform)
const sample = { windows: 'slide', shortSide: 20, longSide: 60 } as const
const base = { long: 60, short: 20 }
const settings: LoaderSettings = { transform, sample, batch: 2, seed: 3, shuffle: false, workers: 0 }

/** Labels 0 and 1, 255 ignored. */
const values = (width: number, height: number): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, i) => [0, 1, 1, 255, 0][(i * 7 + (i >> 4)) % 5] ?? 0)
const mapOf = (width: number, height: number): LabelMap => ({
  ...{ width, height },
  data: Uint16Array.from(values(width, height), (value) => (value === 255 ? ignoredLabel : value)),
})

/** Sizes of pictures: one wider, one higher, one as its window needs. */
const sizes = [
  [40, 21],
  [22, 37],
  [20, 20],
] as const

async function withPictures(use: (examples: Example[], pictures: readonly Pixels[]) => Promise<void>) {
  await inTempFolder(async (folder) => {
    const pictures = sizes.map(([width, height]) => pattern(width, height))
    const examples: Example[] = []
    for (const [i, { width, height, data }] of pictures.entries()) {
      const image = await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer()
      const mask = encode({ width, height, data: values(width, height), channels: 1, depth: 8 })
      writeFiles(folder, { [`${i}.png`]: image, [`masks/${i}.png`]: mask })
      examples.push({
        source: { kind: 'file', path: join(folder, `${i}.png`) },
        truth: {
          image: { kind: 'file', path: join(folder, 'masks', `${i}.png`) },
          classes: plainClasses(2),
          count: 2,
        },
      })
    }
    await use(examples, pictures)
  })
}

async function take(examples: readonly Example[], wanted: LoaderSettings, epoch = 0) {
  const loader = createLoader(examples, wanted)
  const batches: Batch[] = []
  try {
    for await (const batch of loader.epoch(epoch)) batches.push(batch)
    return { batches, bad: loader.bad }
  } finally {
    await loader.close()
  }
}

describe('windows in a loader', () => {
  it('of drawn pictures have their masks at the same size', async () => {
    const { train } = await openDataset('builtin:scenes', { trainSize: 2, testSize: 1, seed: 5 })
    const input = { ...settings, transform: { ...transform, width: 96, height: 96 } }
    const { batches } = await take(train, { ...input, sample: { ...sample, views: [1, 1] } })
    expect(batches[0]?.truths).toEqual([0, 1].map((index) => drawLabelMap('scenes', 5, index, 96)))
  })

  it('are one per picture in training, drawn anew in every epoch, with their label maps', async () => {
    await withPictures(async (examples, pictures) => {
      const { batches } = await take(examples, settings, 4)
      expect(batches.map(({ size, rows, images }) => [size, rows, images.length])).toEqual([
        [2, 2, 2 * 576],
        [1, 1, 576],
      ])
      const drawing = { base, ratio: [0.5, 2], cropShare: 0.75, photometric: true } as const
      for (const [i, picture] of pictures.entries()) {
        const { width, height } = picture
        const { change, labels } = drawWindow(
          mapOf(width, height),
          drawing,
          window,
          random(3, 'window', 4, i),
        )
        const expected = new Float32Array(576)
        normalise(windowPixels(picture, change), expected, 0)
        const { images, truths, places } = batches[i >> 1] as Batch
        expect(images.subarray((i & 1) * 576, ((i & 1) + 1) * 576)).toEqual(expected)
        expect(truths[i & 1]).toEqual(windowLabels(labels, change, window))
        expect(places).toBeUndefined()
      }
      expect((await take(examples, settings, 5)).batches[0]?.images).not.toEqual(batches[0]?.images)
    })
  })

  it('are as many as cover the picture in evaluation, with the label map as stored', async () => {
    await withPictures(async (examples, pictures) => {
      const asked = { ...sample, scales: [1, 0.5], flipTest: true, stride: 8 }
      const { batches } = await take(examples, { ...settings, sample: { ...asked, views: [1, 1] } })
      const placing = { ...asked, base }
      const places = pictures.map((picture) => evaluationWindows(picture, placing, window))
      expect(batches.map(({ places }) => places)).toEqual([places.slice(0, 2), places.slice(2)])
      const counts = places.map(rowsOf)
      expect(new Set(counts).size).toBeGreaterThan(1)
      expect(batches.map(({ rows }) => rows)).toEqual([(counts[0] ?? 0) + (counts[1] ?? 0), counts[2]])
      const written = pictures.map((picture, i) => {
        const out = new Float32Array((counts[i] ?? 0) * 576)
        writeWindows(picture, places[i] as (typeof places)[number], normalise, { out, offset: 0 })
        return [...out]
      })
      expect(batches.map(({ images }) => [...images])).toEqual([written.slice(0, 2).flat(), written[2]])
      expect(batches.flatMap(({ truths }) => truths)).toEqual(
        pictures.map(({ width, height }) => mapOf(width, height)),
      )
    })
  })

  it('are the same with any number of workers', async () => {
    await withPictures(async (examples) => {
      for (const views of [undefined, [1, 1] as const]) {
        const wanted = { ...settings, shuffle: true, sample: { ...sample, views } }
        const alone = await take(examples, wanted, 1)
        expect((await take(examples, { ...wanted, workers: 2 }, 1)).batches).toEqual(alone.batches)
      }
    })
  })

  it('refuse a mask of another size than its picture, or leave both out', async () => {
    await withPictures(async (examples) => {
      const [first, second] = examples as [Example, Example, Example]
      const wrong = [first, { source: first.source, truth: second.truth }]
      const views = [1, 1] as const
      const wanted = { ...settings, sample: { ...sample, views } }
      const message = /mask: .*masks\/1\.png has 22 x 37 pixels, its image .*0\.png 40 x 21/
      await expect(take(wrong, wanted)).rejects.toThrow(message)
      const { batches, bad } = await take(wrong, { ...wanted, skipBad: true })
      expect(batches.map(({ size, places }) => [size, places?.length])).toEqual([[1, 1]])
      expect(bad.get(1)).toMatch(message)
      const trained = await take(wrong, { ...settings, shuffle: true, skipBad: true, batch: 2 })
      expect([...(trained.batches[0] as Batch).indices]).toEqual([0, 0])
    })
  })

  it('of a picture of 2048 x 1024 pixels need little memory', async () => {
    await inTempFolder(async (folder) => {
      const create = { width: 2048, height: 1024, channels: 3 as const, background: '#307050' }
      writeFiles(folder, { 'a.png': await sharp({ create }).png().toBuffer() })
      const source = { kind: 'file', path: join(folder, 'a.png') } as const
      const large = { ...transform, width: 512, height: 512 }
      const reader = sampleReader({ windows: 'slide', shortSide: 1024 }, large)
      const before = process.memoryUsage()
      const { rows, place, images } = await reader.sample(source)
      const after = process.memoryUsage()
      expect([rows, place?.parts[0]?.windows.length]).toEqual([18, 18]) // 6 across, 3 down
      expect(images.length).toBe(18 * 3 * 512 * 512)
      expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(200e6)
      reader.close()
    })
  })
})

describe('the sample of windows', () => {
  it('is chosen by its settings, with defaults filled in', () => {
    const chosen = sampleOf({ windows: 'slide', views: [1, 1] })
    expect(chosen).toMatchObject({ word: 'image', views: 1, moving: false, cached: false })
    expect(chosen.varies).toMatch(/epoch/)
    expect([chosen.prefetch, sampleOf({ windows: 'slide' }).prefetch]).toEqual([1, 4])
    expect(chosen.complete({ resize: 'squash' })).toEqual({
      ...{ windows: 'slide', scales: [1], flipTest: false },
      ...{ ratioRange: [0.5, 2], catMaxRatio: 0.75, photometric: true },
    })
    expect(sampleOf({ windows: 'whole', stride: 3 }).usualRows(window)).toBe(1)
    // 4 : 3 at a shorter side of 64: 85 columns, windows at 0 and 21
    expect(chosen.usualRows({ width: 64, height: 64 })).toBe(2)
  })

  it('refuses what label maps do not follow', () => {
    const complete =
      (run: object, more: object = {}) =>
      () =>
        sampleOf({ windows: 'slide', ...more }).complete({ resize: 'squash', ...run })
    expect(complete({ resize: 'crop' })).toThrow(ConfigError)
    expect(complete({ resize: 'crop' })).toThrow('resize is crop')
    expect(complete({ augment: 'light' })).toThrow('augment is light')
    expect(complete({ mixup: 0.8 })).toThrow('mixup is 0.8')
    expect(complete({ cutmix: 1 })).toThrow('cutmix is 1')
    expect(() => sampleOf({ windows: 'whole', scales: [1, 2] })).toThrow('scales are 1,2')
    expect(() => sampleOf({ windows: 'whole', scales: [1, 2] })).toThrow(ConfigError)
    expect(complete({}, { windows: 'whole', stride: 9 })).toThrow('stride is 9')
    expect(complete({ augment: 'none', mixup: 0 })).not.toThrow()
  })

  it('joins nothing: windows are stitched by their places', () => {
    const logits = { dtype: 'float32', shape: [4, 1], data: Float32Array.of(1, 3, 10, 20) } as const
    expect(sampleOf({ windows: 'slide' }).join({ logits }, 2)).toEqual({ logits })
  })

  it('makes windows of drawn pictures, without labels', async () => {
    const reader = sampleReader({ windows: 'whole' }, transform)
    const source = { kind: 'drawn', task: 'count', seed: 1, index: 2 } as const
    const { images, rows, place } = await reader.sample(source)
    expect([rows, place?.original, images.length]).toEqual([1, { width: 16, height: 16 }, 576])
    expect(await reader.read(source)).toEqual(images)
    reader.close()
  })
})
