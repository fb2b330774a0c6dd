import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { sampleReader } from '../data/samples/reader.ts'
import { pixelScores } from '../data/samples/window/pixel-scores.ts'
import { drawImage } from '../data/sources/drawn/draw-image.ts'
import { ConfigError } from '../errors.ts'
import { saveCheckpointFile } from '../io/checkpoint.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { drawWeights } from '../models/backbone.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { encodePng } from '../report/token-strip.ts'
import { bestClasses } from '../tasks/segmentation/pixels.ts'
import { wholePlace } from '../tasks/segmentation/scores.ts'
import { evaluateRun } from './evaluate-run.ts'
import { explainRun } from './explain/explain-run.ts'
import { exportModel } from './export/export-run.ts'
import { finetune } from './finetune.ts'
import { type ImagePrediction, predictImages } from './predict.ts'
import type { FinetuneInput } from './settings/finetune-settings.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'segmentation-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: readonly string[]): string => join(folder, ...names)

const config: VitModelConfig = {
  ...{ imageSize: [32, 32], patchSize: 8, embedDim: 16, depth: 4, numHeads: 2, mlpRatio: 2 },
  ...{ numClasses: 3, globalPool: 'token', layerNormEps: 1e-6, qkvBias: true },
}
const model = at('tiny.safetensors')
saveCheckpointFile(model, { tensors: drawWeights(config, 3), config })

const input: FinetuneInput = {
  ...{ data: 'builtin:scenes', model, trainSize: 17, testSize: 6, batch: 6, microBatch: 2, bottleneck: 2 },
  ...{ epochs: 3, threads: 1, workers: 0, head: 'upernet', headChannels: 8, auxiliaryChannels: 4 },
}
const bytes = (name: string): Buffer => readFileSync(at(name, 'adapter.safetensors'))

describe('a run that labels pixels with UPerNet', () => {
  it('resumes to the same bits, running statistics too', async () => {
    const whole = await finetune({ ...input, schedule: 'poly', dropPath: 0.1 }, { out: at('whole') })
    const controller = new AbortController()
    const stopped = await finetune(
      { ...input, schedule: 'poly', dropPath: 0.1 },
      {
        out: at('parts'),
        signal: controller.signal,
        onStep: ({ step }) => step === 4 && controller.abort(),
      },
    )
    expect([stopped.steps, stopped.summary]).toEqual([4, undefined])
    const last = await finetune({}, { out: at('parts'), resume: true })
    expect(last.steps).toBe(9)
    expect(bytes('parts').equals(bytes('whole'))).toBe(true)
    const saved = readSafetensors(at('whole', 'adapter.safetensors'))
    const variance = saved.get('decode_head.bottleneck.bn.running_var')?.data
    expect(variance).toHaveLength(8)
    for (const value of variance ?? []) expect([value !== 1, value > 0]).toEqual([true, true])
    expect(whole.summary.task).toBe('segmentation')
    const { settings } = whole
    expect(settings).toMatchObject({ head: 'upernet', windows: 'slide' })
    expect(openRun(at('whole')).config.segmentation).toMatchObject({ head: 'upernet', channels: 8 })
  })

  it('is evaluated to what it said of itself, masked and at other windows', async () => {
    const run = openRun(at('whole'))
    const found = await evaluateRun(run, { workers: 0 })
    const own = JSON.parse(
      readFileSync(at('whole', 'metrics.jsonl'), 'utf8').trim().split('\n').at(-1) ?? '{}',
    )
    for (const name of ['meanIou', 'meanAccuracy', 'pixelAccuracy', 'loss', 'activeRate'])
      expect([name, Reflect.get(found, name)]).toEqual([name, own[name]])
    const masked = await evaluateRun(run, { pass: 'masked', workers: 0 })
    expect(Reflect.get(masked, 'loss')).toBeCloseTo(own.loss, 5)
    expect(found.perClass.map(({ class: name }) => name)).toEqual(run.classes)
  })

  it('labels pictures: answers, masks and overlays at the size of the file', async () => {
    const picture = drawImage('scenes', 9, 4, 48)
    for (const name of ['a.png', 'b.png']) writeFileSync(at(name), await encodePng(picture))
    const run = openRun(at('whole'))
    const found: ImagePrediction[] = []
    for await (const each of predictImages(
      run,
      ['a.png', 'missing.png', 'b.png'].map((name) => at(name)),
      {
        out: at('labelled'),
      },
    ))
      found.push(each)
    const [first, missing, last] = found
    expect(missing).toMatchObject({ image: at('missing.png'), error: expect.stringContaining('missing.png') })
    expect(last).toEqual({ ...first, image: at('b.png'), files: last && 'files' in last ? last.files : [] })
    expect(readdirSync(at('labelled', 'masks')).sort()).toEqual(['a.png', 'b.png'])
    const mask = decode(readFileSync(at('labelled', 'masks', 'a.png')))
    expect([mask.width, mask.height]).toEqual([48, 48])
    const areas: readonly { class: string; pixels: number }[] = Reflect.get(first ?? {}, 'areas')
    for (const { class: name, pixels } of areas)
      expect(mask.data.filter((value) => value === run.classes.indexOf(name)).length).toBe(pixels)
    expect(areas.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(48 * 48)
  })

  it('is explained with the label maps, and exported', async () => {
    const run = openRun(at('whole'))
    const { pictures } = await explainRun(run, { pictures: 2 })
    expect(pictures).toHaveLength(2)
    for (const picture of pictures) {
      expect(existsSync(picture.file)).toBe(true)
      expect(Reflect.get(picture, 'pixelAccuracy')).toBeGreaterThanOrEqual(0)
    }
    const { outputs, standard } = exportModel(run, { out: at('model.onnx') })
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', ['B', 8, 16, 16]],
      ['masks', ['B', 4, 16]],
    ])
    expect(standard).toBe(true)
    exportModel(run, { out: at('labels.onnx'), labels: true, fixedThresholds: true })
    const session = await InferenceSession.create(at('labels.onnx'), { logSeverityLevel: 3 })
    const { images, place } = await sampleReader(run.settings, run.transform).sample({
      ...{ kind: 'file', path: at('a.png') },
    })
    const window = images.subarray(0, 3 * 32 * 32)
    const found = await session.run({ pixel_values: new Tensor('float32', window, [1, 3, 32, 32]) })
    const { logits, labels } = found
    if (!logits || !labels || !place) throw new Error('no logits or no labels')
    const scores = pixelScores(
      { shape: [...logits.dims], data: Float32Array.from(logits.data as Float32Array) },
      0,
      wholePlace({ width: 32, height: 32 }),
    )
    expect([labels.type, ...labels.dims]).toEqual(['int64', 1, 32, 32])
    expect(Array.from(labels.data, Number)).toEqual([...bestClasses(scores)])
    await session.release()
    const report = readFileSync(at('whole', 'report.html'), 'utf8')
    expect(report).toContain('of the pixels right, mIoU')
  })
})

describe('settings of runs that label pixels', () => {
  const refused = (more: object) => finetune({ ...input, ...more }, { out: at('refused') })

  it.each([
    [{ microBatch: 1 }, 'microBatch is 1, but the batch norms of this head need 2 images'],
    [{ labelSmoothing: 0.1 }, 'labelSmoothing is 0.1, but segmentation does not read it'],
    [{ augment: 'light' }, 'augment is light'],
    [{ task: 'classification' }, 'head is "upernet", but classification does not read it'],
    [{ reduction: 'tome' }, 'labels every patch'],
  ])('refuses %j', async (more, message) => {
    await expect(refused(more)).rejects.toThrow(message)
    await expect(refused(more)).rejects.toThrow(ConfigError)
  })
})
