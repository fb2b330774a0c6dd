import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { Classifier } from '../../evaluation/classifier.ts'
import { randomModel } from '../../evaluation/random-model.ts'
import { withLogits } from '../../evaluation/with-logits.test.support.ts'
import { modelOf } from '../../models/model.ts'
import { sampleSize } from '../../models/samples/sample-layout.ts'
import { vitConfig } from '../../models/vit/vit-names.ts'
import { network } from '../../network/network.ts'
import { farthest, noise } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { dyt } from '../../tuners/dyt.ts'
import { exportRandomModel } from './export-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'export-clips-'))
afterAll(() => rmSync(folder, { recursive: true }))

const model = 'vit_tiny_patch16_32'
const config = { ...vitConfig(model, 5), frames: 2 }
const clips = noise(3 * sampleSize(modelOf(config).sample), 1)

describe('an exported model of clips, run by plain ONNX Runtime', () => {
  it.each(['skip', 'masked'] as const)('%s: says what the classifier says, at any batch', async (pass) => {
    const out = join(folder, `${pass}.onnx`)
    const exported = await exportRandomModel({
      model,
      out,
      frames: 2,
      classes: 5,
      active: 0.5,
      pass,
      threads: 1,
    })
    expect(exported.inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['pixel_values', ['B', 3, 2, 32, 32]],
      ['threshold', [12]],
    ])
    expect(exported.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', ['B', 5]],
      ['masks', ['2*B', 12, 4]],
    ])
    const made = { network: network({ ...modelOf(config), tuner: dyt, options: dyt.defaults }) }
    const tensors = await randomModel({ ...made, active: 0.5, seed: 0, threads: 1 })
    const store = new WeightStore({ tensors })
    const classifier = await Classifier.create({ ...made, store, compile: { threads: 1 } })
    const session = await InferenceSession.create(out, { intraOpNumThreads: 1, logSeverityLevel: 3 })
    for (const count of [3, 1]) {
      const part = clips.subarray(0, count * sampleSize(modelOf(config).sample))
      const expected = withLogits(await classifier.classify(part))
      const { logits, masks } = await session.run({
        pixel_values: new Tensor('float32', part, [count, 3, 2, 32, 32]),
        threshold: new Tensor('float32', new Float32Array(12).fill(0.5), [12]),
      })
      expect([logits?.dims, masks?.dims]).toEqual([
        [count, 5],
        [2 * count, 12, 4],
      ])
      expect(farthest(logits?.data as Float32Array, expected.logits)).toBeLessThan(1e-5)
      expect(masks?.data).toEqual(expected.masks)
    }
    await Promise.all([session.release(), classifier.release()])
  })

  it('refuses frames that are no number of frames', async () => {
    const settings = { model, out: join(folder, 'none.onnx'), frames: 0 }
    await expect(exportRandomModel(settings)).rejects.toThrow(ConfigError)
  })
})
