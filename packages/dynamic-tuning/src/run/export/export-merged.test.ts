import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { Classifier } from '../../evaluation/classifier.ts'
import { withLogits } from '../../evaluation/with-logits.test.support.ts'
import { modelShapes } from '../../models/build-model.ts'
import { modelOf as partsOf } from '../../models/model.ts'
import { farthest, noise, randomValues } from '../../nn/plain.test.support.ts'
import { tunerNamed } from '../../tuners/registry.ts'
import { tune } from '../../tuners/tune.ts'
import { completeFinetune } from '../settings/complete-finetune.ts'
import type { FinetuneSettings } from '../settings/finetune-settings.ts'
import { tinyVit } from '../tiny-run.test.support.ts'
import { tunedModel } from '../tuned-run.ts'
import { exportModel } from './export-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'export-merged-'))
afterAll(() => rmSync(folder, { recursive: true }))
const images = noise(3 * 3 * 32 * 32, 1)

/** A tuned model of random weights. */
function modelOf(method: string, given: Partial<FinetuneSettings> = {}) {
  const settings = completeFinetune(
    { data: 'builtin:nature', method, threads: 1, ...given },
    { config: tinyVit, augment: 'none' },
  )
  const shapes = modelShapes(partsOf(tinyVit), tune(tunerNamed(method), settings, { kind: 'masked' }).hooks)
  const config = {
    command: 'finetune' as const,
    version: '0',
    settings,
    model: tinyVit,
    classes: ['a', 'b', 'c', 'd', 'e'],
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const,
    backbone: { name: 'builtin', sha256: '' },
  }
  return tunedModel(config, randomValues(shapes, 3, 0.15))
}

async function run(path: string): Promise<Float32Array> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const feeds: Record<string, Tensor> = { pixel_values: new Tensor('float32', images, [3, 3, 32, 32]) }
  if (session.inputNames.includes('threshold')) feeds.threshold = new Tensor('float32', [0.5, 0.5], [2])
  const { logits } = await session.run(feeds)
  await session.release()
  return logits?.data as Float32Array
}

const nodesOf = (operators: Readonly<Record<string, number>>): number =>
  Object.values(operators).reduce((sum, count) => sum + count, 0)

async function logitsOf(classifier: Classifier): Promise<Float32Array> {
  const { logits } = withLogits(await classifier.classify(images))
  await classifier.release()
  return logits
}

describe('inference of methods that merge', () => {
  it.each([
    ['lora', {}, 'linear'],
    ['ssf', {}, 'linear'],
    ['fact-tk', {}, 'linear'],
    ['lora', { dispatch: 'mlp' }, 'linear'],
    ['lora+adaptformer', {}, 'adaptformer'],
  ] as const)('%s %j: the same logits, computed by %s', async (method, given, left) => {
    const model = modelOf(method, given)
    const merged = await model.classifier('skip')
    expect(merged.settings.network.tuner.name).toBe(left)
    const kept = await Classifier.create({ network: model.network, store: model.store() })
    const wanted = await logitsOf(kept)
    const scale = Math.max(1, ...wanted.map(Math.abs))
    expect(farthest(await logitsOf(merged), wanted)).toBeLessThan(1e-5 * scale)
  })
})

describe('export of methods that merge', () => {
  const plain = exportModel(modelOf('linear'), { out: join(folder, 'linear.onnx') })

  it.each(['lora', 'ssf', 'fact-tt', 'fact-tk'])(
    '%s: the same logits from the graph of a plain ViT',
    async (method) => {
      const model = modelOf(method)
      const [merged, kept] = [join(folder, `${method}.onnx`), join(folder, `${method}-kept.onnx`)]
      const one = exportModel(model, { out: merged })
      const other = exportModel(model, { out: kept, merge: false })
      expect(one.operators).toEqual(plain.operators)
      expect([one.bytes, one.inputs, one.outputs]).toEqual([plain.bytes, plain.inputs, plain.outputs])
      expect(nodesOf(other.operators)).toBeGreaterThan(nodesOf(one.operators))
      const wanted = await run(kept)
      const scale = Math.max(1, ...wanted.map(Math.abs))
      expect(farthest(await run(merged), wanted)).toBeLessThan(1e-5 * scale)
    },
  )

  it('keeps dispatchers, and what of a joined method cannot be folded', async () => {
    for (const [method, given, stays] of [
      ['lora', { dispatch: 'mlp', rate: 0.5 }, 'linear'],
      ['lora+adaptformer', {}, 'adaptformer'],
    ] as const) {
      const [merged, kept] = [join(folder, `x-${method}.onnx`), join(folder, `y-${method}.onnx`)]
      const one = exportModel(modelOf(method, given), { out: merged })
      exportModel(modelOf(method, given), { out: kept, merge: false })
      expect(one.operators).toEqual(
        exportModel(modelOf(stays, given), { out: join(folder, 'z.onnx') }).operators,
      )
      const wanted = await run(kept)
      expect(farthest(await run(merged), wanted)).toBeLessThan(1e-5 * Math.max(1, ...wanted.map(Math.abs)))
    }
  })
})
