import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../data/samples/registry.ts'
import { completeWindows } from '../data/samples/window/settings.ts'
import { modelConfig } from '../models/named-model.ts'
import { vitConfig } from '../models/vit/vit-names.ts'
import { chosenHead } from '../tasks/segmentation/settings.ts'
import { evaluationTransform, trainingTransform } from './augmentations.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import { testReading, trainingSample } from './settings/clip-settings.ts'
import { completeFinetune } from './settings/complete-finetune.ts'

const folder = fileURLToPath(new URL('../../../../configs/', import.meta.url))
const recipesOf = (set: string): string[] =>
  readdirSync(folder + set)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${set}/${name}`)
const linesOf = (path: string): string[] =>
  readFileSync(folder + path, 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line))

/** The settings of a recipe, read line by line: `key: value # source`. */
function valuesOf(path: string): Record<string, unknown> {
  const entries = linesOf(path).map((line) => {
    const [, key = '', text = ''] = /^(\w+): ([^#]*?) *(?:#.*)?$/.exec(line) ?? []
    if (key === 'views') return [key, text.split('x').map(Number)] as const
    const plain = /^[a-z][\w-]*$/.test(text) && text !== 'true' && text !== 'false'
    return [key, plain ? text : JSON.parse(text)] as const
  })
  return Object.fromEntries(entries)
}

/** What a recipe does to the pixels and frames of training and of testing. */
function pipelinesOf(path: string) {
  const input = checkFinetune({ ...valuesOf(path), data: 'd' })
  const config = { ...vitConfig('vit_base_patch16_224', 10), frames: input.frames }
  const settings = completeFinetune(input, { config, augment: 'none' })
  const normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const
  const transform = evaluationTransform(settings, normalization)
  const { sample, ...test } = testReading({ settings, transform })
  const { resize } = transform
  const training = sampleOf(trainingSample(settings)).complete({ resize })
  return {
    training: { transform: trainingTransform(settings, normalization), sample: training },
    test: { ...test, sample: sampleOf(sample ?? {}).complete({ resize }) },
  }
}

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
const cropped = { height: 224, width: 224, resize: 'crop', ...half }
const ratio = [3 / 4, 4 / 3]

describe('recipes', () => {
  it.each(recipesOf('complete'))('%s: random crops, mirrored; tested on the centre 224 of 256', (path) => {
    const test = { ...cropped, cropRatio: 224 / 256 }
    const augment = { randomResizedCrop: { scale: [0.08, 1], ratio, clamped: true }, flip: true }
    expect(pipelinesOf(path)).toEqual({
      training: { transform: { ...test, augment }, sample: {} },
      test: { transform: test, sample: {}, skipBad: false },
    })
  })

  it.each(recipesOf('video').filter((path) => path.includes('k400')))(
    '%s: dense clips with short side jitter, mirrored; tested on 1 x 3 views',
    (path) => {
      const dense = { frames: 8, sampling: 'dense', samplingRate: 16 }
      const augment = { shortSideJitter: [1, 256 / 224], flip: true }
      expect(pipelinesOf(path)).toEqual({
        training: { transform: { ...cropped, augment }, sample: { ...dense, views: [1, 1] } },
        test: { transform: cropped, sample: { ...dense, views: [1, 3] }, skipBad: false },
      })
    },
  )

  it.each(recipesOf('video').filter((path) => path.includes('ssv2')))(
    '%s: uniform clips with RandAugment before the crop, never mirrored; tested on 3 x 1 views',
    (path) => {
      const uniform = { frames: 8, sampling: 'uniform' }
      const augment = {
        randAugment: { magnitude: 7, layers: 4, deviation: 0.5 },
        randomResizedCrop: { scale: [0.08, 1], ratio },
      }
      expect(pipelinesOf(path)).toEqual({
        training: { transform: { ...cropped, augment }, sample: { ...uniform, views: [1, 1] } },
        test: { transform: cropped, sample: { ...uniform, views: [3, 1] }, skipBad: false },
      })
    },
  )

  it.each(recipesOf('segmentation'))('%s: windows as in the official code', (path) => {
    const input = checkFinetune({ ...valuesOf(path), task: 'segmentation', data: 'd' })
    const config = modelConfig('vit_base_patch16_224', 150, { imageSize: [512, 512], ...chosenHead(input) })
    const settings = completeFinetune(input, { config, augment: 'none' })
    expect(completeWindows(settings)).toEqual({
      ...{ windows: 'slide', stride: 341, scales: [1], flipTest: false, shortSide: 512, longSide: 2048 },
      ...{ ratioRange: [0.5, 2], catMaxRatio: 0.75, photometric: true },
    })
    expect(config).toMatchObject({
      relativePositionBias: true,
      segmentation: { head: 'upernet', channels: 768 },
    })
    // lr(0) = 1e-9 and no decay but that of the steps, as in the official schedule.
    expect(settings).toMatchObject({
      schedule: 'poly',
      schedulePower: 1,
      minimumLearningRate: 0,
      dropPath: 0.1,
    })
    const images = path.includes('ade20k') ? 20_210 : 118_287
    expect((settings.warmupEpochs * images) / 16).toBeCloseTo(1500, 0)
    const iterations = (settings.epochs * images) / 16 / (path.includes('ade20k') ? 160_000 : 80_000)
    expect(Math.abs(iterations - 1)).toBeLessThan(0.02)
  })

  it.each([...recipesOf('complete'), ...recipesOf('video'), ...recipesOf('segmentation')])(
    '%s names the source of each value',
    (path) => {
      const unnamed = linesOf(path).filter((line) => !/ # .*(paper|official code)/.test(line))
      expect(unnamed.map((line) => line.split(':')[0])).toEqual(['model', 'method'])
    },
  )
})
