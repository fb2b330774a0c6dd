import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { random } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { DataError } from '../../errors.ts'
import type { Example } from '../example.ts'
import type { Batch } from '../loader/batch.ts'
import { createLoader, type LoaderSettings } from '../loader/loader.ts'
import { drawClip, drawnFrames } from '../sources/drawn/draw-clip.ts'
import { trainingFrames } from '../sources/video/sample-frames.ts'
import { countedAs, countingPictures, noFfmpeg, writeClip } from '../testing/clips.ts'
import { inTempFolder } from '../testing/files.ts'
import type { TransformSettings } from '../transforms/transforms.ts'
import { sampleReader } from './reader.ts'

const transform: TransformSettings = {
  ...{ height: 16, width: 16, resize: 'squash' },
  mean: [0.5, 0.4, 0.3],
  std: [0.25, 0.5, 1],
}
const drawn = (index: number): Example => ({
  source: { kind: 'drawn', task: 'motion', seed: 1, index },
  truth: index % 8,
})
const examples = [0, 1, 2, 3, 4].map(drawn)
const sample = { frames: 4 }
const uniform = { frames: 4, sampling: 'uniform', rate: 1 } as const
const settings: LoaderSettings = { transform, sample, batch: 2, seed: 3, shuffle: false, workers: 0 }

async function take(loaded: readonly Example[], wanted: LoaderSettings, epoch = 0) {
  const loader = createLoader(loaded, wanted)
  const batches: Batch[] = []
  try {
    for await (const batch of loader.epoch(epoch)) batches.push(batch)
    return { batches, bad: loader.bad }
  } finally {
    await loader.close()
  }
}

describe('clips in a loader', () => {
  it('are the frames of the seed, [3, T, H, W], normalised channel by channel', async () => {
    const { batches } = await take(examples, settings, 5)
    expect(batches.map(({ size, images }) => [size, images.length])).toEqual([
      ...[2, 2, 1].map((size) => [size, size * 3 * 4 * 256]),
    ])
    for (const [i, { source }] of examples.entries()) {
      const frames = trainingFrames(drawnFrames, uniform, random(3, 'frames', 5, i))
      const pictures = drawClip('motion', 1, (source as { index: number }).index, frames, 16)
      const sample = (batches[i >> 1] as Batch).images.subarray((i & 1) * 3072, ((i & 1) + 1) * 3072)
      for (let c = 0; c < 3; c++)
        for (let t = 0; t < 4; t++)
          for (let p = 0; p < 256; p++) {
            const byte = pictures[t]?.data[p * 3 + c] as number
            const expected = (byte / 255 - (transform.mean[c] as number)) / (transform.std[c] as number)
            expect(sample[(c * 4 + t) * 256 + p]).toBeCloseTo(expected, 5)
          }
    }
  })

  it('are augmented alike over their frames, and anew in every epoch', async () => {
    const augment = {
      randomResizedCrop: { scale: [0.3, 1], ratio: [0.75, 1.33] },
      flip: true,
      randAugment: { magnitude: 7, layers: 4, deviation: 0.5 },
      randomErasing: 1,
    } as const
    const still = Array.from({ length: 8 }, (_, i) => drawn(8 * i)) // nothing moves in class 0
    const wanted = { ...settings, transform: { ...transform, augment } }
    const [first, second] = [await take(still, wanted, 0), await take(still, wanted, 1)]
    for (const { images, size } of first.batches)
      for (let sample = 0; sample < size * 3; sample++) {
        const frames = [0, 1, 2, 3].map((t) =>
          images.subarray((sample * 4 + t) * 256, (sample * 4 + t + 1) * 256),
        )
        for (const frame of frames) expect(frame).toEqual(frames[0])
      }
    expect(second.batches[0]?.images).not.toEqual(first.batches[0]?.images)
  })

  it('are the same with any number of workers', async () => {
    const augment = { flip: true, shortSideJitter: [1, 8 / 7] } as const
    const wanted = { ...settings, shuffle: true, transform: { ...transform, augment } }
    expect((await take(examples, { ...wanted, workers: 2 }, 2)).batches).toEqual(
      (await take(examples, wanted, 2)).batches,
    )
  })

  it('have views that follow one another', async () => {
    const { batches } = await take(examples, { ...settings, sample: { ...sample, views: [1, 2] } })
    expect(batches.map(({ size, images }) => [size, images.length])).toEqual([
      ...[2, 2, 1].map((size) => [size, size * 2 * 3 * 4 * 256]),
    ])
    const reader = sampleReader({ ...sample, views: [1, 2] }, transform)
    const one = await reader.read(drawn(1).source)
    reader.close()
    expect((batches[0] as Batch).images.subarray(one.length)).toEqual(one)
  })
})

const byteAt = (values: Float32Array, clip: number, t: number, x: number): number =>
  // green of the middle row, T = 4 frames of 32 x 32
  Math.round(values[((clip * 3 + 1) * 4 + t) * 1024 + 16 * 32 + x] as number)

describe.skipIf(noFfmpeg)(`clips of video files ${noFfmpeg}`, () => {
  const plain = {
    height: 32,
    width: 32,
    resize: 'crop',
    mean: [0, 0, 0],
    std: [1 / 255, 1 / 255, 1 / 255],
  } as const

  it('have temporal and spatial views at their places', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'clip.mp4')
      writeClip(path, countingPictures(50, 64, 32))
      const source = { kind: 'file', path } as const
      const dense = { frames: 4, samplingRate: 8 } // spans 25: starts 0, 12.5 to even, 25
      const temporal = await sampleReader({ ...dense, views: [1, 3] }, plain).read(source)
      const seen = [0, 1, 2].map((v) =>
        [0, 1, 2, 3].map((t) => Math.round((byteAt(temporal, v, t, 16) - 20) / 4)),
      )
      expect(seen).toEqual([
        [0, 8, 16, 24],
        [12, 20, 28, 36],
        [25, 33, 41, 49],
      ])
      const spatial = await sampleReader({ ...dense, views: [3, 1] }, plain).read(source)
      // The white bar on the left is in the first view alone.
      expect([0, 1, 2].map((v) => byteAt(spatial, v, 0, 1) > 200)).toEqual([true, false, false])
      expect([0, 1, 2].map((v) => Math.round((byteAt(spatial, v, 3, 16) - 20) / 4))).toEqual([36, 36, 36])
    })
  })

  it('repeat frames of a short video, in the order of testing and of training', async () => {
    await inTempFolder(async (folder) => {
      const path = join(folder, 'short.mp4')
      writeClip(path, countingPictures(3, 32, 32))
      const example: Example = { source: { kind: 'file', path }, truth: 0 }
      const counted = (values: Float32Array): number[] =>
        [0, 1, 2, 3].map((t) => Math.round((byteAt(values, 0, t, 16) - 20) / 4))
      const tested = async (settings: object) =>
        counted(await sampleReader({ frames: 4, ...settings }, plain).read(example.source))
      expect(await tested({ sampling: 'uniform' })).toEqual([0, 0, 1, 2]) // parts 0-0, 0-1, 1-2, 2-2
      expect(await tested({ samplingRate: 2 })).toEqual([0, 2, 2, 2])
      expect(await tested({ samplingRate: 5 })).toEqual([0, 2, 2, 2])
      const rare = { ...settings, transform: plain, sample: { frames: 4, samplingRate: 5 } }
      const { batches } = await take([example], rare)
      expect(batches.map(({ images }) => counted(images))).toEqual([[0, 0, 0, 0]])
    })
  })

  it('that are bad end a run, or are replaced in training and left out in testing', async () => {
    await inTempFolder(async (folder) => {
      const at = (name: string): string => join(folder, name)
      writeClip(at('good.mp4'), countingPictures(6))
      writeFileSync(at('text.mp4'), 'no video')
      writeFileSync(at('empty.mp4'), '')
      const names = ['good.mp4', 'text.mp4', 'empty.mp4', 'good.mp4', 'empty.mp4']
      const files = names.map(
        (name, label): Example => ({ source: { kind: 'file', path: at(name) }, truth: label }),
      )
      const wanted = { ...settings, transform: plain, workers: 1 }
      const error = await take(files, wanted).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(DataError)
      expect(String(error)).toMatch(/text\.mp4: is no video, it starts with bytes/)
      const heard: string[] = []
      const onBad = ({ index, reason }: { index: number; reason: string }) =>
        heard.push(`${index} ${reason.split(': ')[2]?.split(/[.,]/)[0]}`)
      const omitted = await take(files, { ...wanted, skipBad: true, onBad })
      expect(omitted.batches.map(({ indices }) => [...indices])).toEqual([[0], [3]])
      expect(omitted.batches.map(({ truths }) => truths)).toEqual([[0], [3]])
      expect(omitted.batches.map(({ images }) => images.length)).toEqual([12_288, 12_288])
      expect(heard.sort()).toEqual(['1 is no video', '2 is empty', '4 is empty'])
      const replaced = await take(files, { ...wanted, skipBad: true, shuffle: true, dropLast: true })
      expect(replaced.batches.map(({ size }) => size)).toEqual([2, 2])
      for (const { images, indices, truths } of replaced.batches)
        for (const [i, index] of indices.entries()) {
          expect([0, 3]).toContain(index)
          expect(truths[i]).toBe(index)
          expect(byteAt(images, i, 0, 16)).toBeGreaterThan(10)
        }
      expect(
        await take(files, { ...wanted, skipBad: true, shuffle: true, dropLast: true, workers: 0 }),
      ).toEqual(replaced)
      const none = files.filter(({ truth }) => truth === 2)
      const hopeless = take(none, { ...wanted, batch: 1, skipBad: true, shuffle: true })
      await expect(hopeless).rejects.toThrow(
        /20 examples in a row cannot be read, the last: video: .*empty\.mp4/,
      )
    })
  })
})

it('counts pictures', () => expect(countingPictures(9).map(countedAs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]))
