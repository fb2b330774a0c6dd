import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '@dynamic-tuning/engine'
import onnxProto from 'onnx-proto'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { Classifier } from '../evaluation/classifier.ts'
import { randomModel } from '../evaluation/random-model.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { tunerNamed } from '../tuners/registry.ts'
import { exportOnnx, type OnnxExportSettings } from './onnx.ts'

const config: VitModelConfig = {
  imageSize: [24, 32],
  patchSize: 8,
  embedDim: 32,
  depth: 3,
  numHeads: 2,
  mlpRatio: 4,
  numClasses: 5,
  globalPool: 'token',
  layerNormEps: 1e-6,
  qkvBias: true,
}
const tokens = 12
const folder = mkdtempSync(join(tmpdir(), 'export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const metadata = { classes: '["a","ü"]', method: 'x' }
async function settingsOf(method: string, pass: 'skip' | 'masked'): Promise<OnnxExportSettings> {
  const tuner = tunerNamed(method)
  const options = { ...tuner.defaults, bottleneck: Math.min(4, tuner.defaults.bottleneck) }
  const tensors = new Map(
    await randomModel({
      network: network({ ...modelOf(config), tuner, options }),
      active: 0.5,
      seed: 3,
      threads: 1,
    }),
  )
  // Fresh adapters add nothing: give them something to say.
  for (const [name, value] of tensors)
    if (name.includes('adaptmlp')) {
      const draw = random(3, 'adapter', name)
      tensors.set(name, { ...value, data: Float32Array.from(value.data, () => 0.3 * draw.normal()) })
    }
  return {
    network: network({ ...modelOf(config), tuner, options }),
    store: new WeightStore({ tensors }),
    pass,
    metadata,
  }
}

function images(count: number): Float32Array {
  return Float32Array.from({ length: count * 3 * 24 * 32 }, random(1, 'images', count).normal)
}

async function runFile(path: string, count: number, threshold = 0.5): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const input = new Tensor('float32', images(count), [count, 3, 24, 32])
  const gates = new Tensor('float32', new Float32Array(3).fill(threshold), [3])
  const feeds: Record<string, Tensor> = { pixel_values: input }
  if (session.inputNames.includes('threshold')) feeds.threshold = gates
  const result = await session.run(feeds)
  await session.release()
  return result as Record<string, Tensor>
}

const protoOf = (path: string) => onnxProto.onnx.ModelProto.decode(readFileSync(path))
const largest = (values: Float32Array): number => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
const apart = (a: Float32Array, b: Float32Array): number => largest(a.map((v, i) => v - (b[i] as number)))

describe('an exported model, run by plain ONNX Runtime', () => {
  for (const [method, pass] of [
    ['dyt', 'skip'],
    ['dyt', 'masked'],
    ['adaptformer', 'skip'],
    ['linear', 'skip'],
  ] as const)
    it(`says what the classifier says at batch 1 and 5: ${method}, ${pass}`, async () => {
      const settings = await settingsOf(method, pass)
      const path = join(folder, `${method}-${pass}.onnx`)
      exportOnnx(path, settings)
      const classifier = await Classifier.create({ ...settings, compile: { threads: 1 } })
      for (const count of [1, 5]) {
        const expected = withLogits(await classifier.classify(images(count)))
        const { logits, masks } = await runFile(path, count)
        expect(logits?.dims).toEqual([count, 5])
        const found = logits?.data as Float32Array
        expect(apart(found, expected.logits)).toBeLessThan(1e-5 * largest(expected.logits))
        expect(masks?.dims).toEqual(method === 'dyt' ? [count, 3, tokens] : undefined)
        expect(masks?.data).toEqual(expected.masks)
        if (masks) {
          const active = (masks.data as Float32Array).reduce((a, b) => a + b, 0)
          expect(active).toBeGreaterThan(0)
          expect(active).toBeLessThan(count * 3 * tokens)
        }
      }
      await classifier.release()
    })

  it('skips in the skipping form alone: a list of active tokens per layer, none where only the class token is read', async () => {
    const lists = async (pass: 'skip' | 'masked') =>
      exportOnnx(join(folder, `ops-${pass}.onnx`), await settingsOf('dyt', pass)).operators.NonZero
    expect([await lists('skip'), await lists('masked')]).toEqual([2, undefined])
  })

  it('holds standard operators of opset 20 only, a symbolic batch, and its metadata', async () => {
    const path = join(folder, 'standard.onnx')
    exportOnnx(path, await settingsOf('dyt', 'skip'))
    const { graph, opsetImport, metadataProps } = protoOf(path)
    expect(opsetImport.map((set) => [set.domain, Number(set.version)])).toEqual([['', 20]])
    expect((graph?.node ?? []).filter((node) => node.domain !== '' && node.domain !== 'ai.onnx')).toEqual([])
    const dims = (value: (typeof graph & object)['input']) =>
      value?.map(({ name, type }) => [
        name,
        type?.tensorType?.shape?.dim?.map((dim) => dim.dimParam || Number(dim.dimValue)),
      ])
    expect(dims(graph?.input)).toEqual([
      ['pixel_values', ['B', 3, 24, 32]],
      ['threshold', [3]],
    ])
    expect(dims(graph?.output)).toEqual([
      ['logits', ['B', 5]],
      ['masks', ['B', 3, 12]],
    ])
    expect(metadataProps.map(({ key, value }) => [key, value])).toEqual(Object.entries(metadata))
  })

  it('takes the gate threshold at run time, or stores it', async () => {
    const settings = await settingsOf('dyt', 'skip')
    const [open, stored] = [join(folder, 'open.onnx'), join(folder, 'stored.onnx')]
    exportOnnx(open, settings)
    exportOnnx(stored, { ...settings, thresholds: [0.3, 0.3, 0.3], fixedThresholds: true })
    const classifier = await Classifier.create({ ...settings, compile: { threads: 1 } })
    const active = ({ masks }: Record<string, Tensor>): number =>
      Array.from((masks as Tensor).data as Float32Array).reduce((a, b) => a + b, 0)
    const counts: number[] = []
    for (const threshold of [0, 0.3, 0.5, 0.7, 1]) {
      const found = await runFile(open, 2, threshold)
      const wanted = withLogits(await classifier.classify(images(2), new Map(), { thresholds: threshold }))
      expect(apart(found.logits?.data as Float32Array, wanted.logits)).toBeLessThan(
        1e-5 * largest(wanted.logits),
      )
      counts.push(active(found))
    }
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    expect([counts[0], counts[4]]).toEqual([2 * 3 * tokens, 0])
    const session = await InferenceSession.create(stored)
    expect(session.inputNames).toEqual(['pixel_values'])
    await session.release()
    expect((await runFile(stored, 2)).logits?.data).toEqual((await runFile(open, 2, 0.3)).logits?.data)
    await expect(classifier.classify(images(1), new Map(), { thresholds: [0.5] })).rejects.toThrow(
      /threshold: \[0.5\] for 3 gates/,
    )
    await classifier.release()
  })

  it('keeps weights beside the file where asked, and says the same', async () => {
    const settings = await settingsOf('dyt', 'skip')
    const inline = join(folder, 'inline.onnx')
    const external = join(folder, 'external.onnx')
    const { bytes } = exportOnnx(inline, settings)
    const written = exportOnnx(external, { ...settings, external: true })
    expect(written.files).toEqual([external, `${external}_data`])
    expect(written.external).toBe(true)
    expect(statSync(`${external}_data`).size).toBeGreaterThan(0.8 * bytes)
    expect(statSync(external).size).toBeLessThan(0.5 * statSync(inline).size)
    const [a, b] = [await runFile(inline, 2), await runFile(external, 2)]
    expect(b.logits?.data).toEqual(a.logits?.data)
  })

  it('leaves nothing behind where it cannot write', async () => {
    const settings = await settingsOf('linear', 'skip')
    expect(() => exportOnnx(join(folder, 'no', 'such.onnx'), settings)).toThrow(
      /onnx: cannot write .*such\.onnx/,
    )
  })
})
