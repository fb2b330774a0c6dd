import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readModelFile } from '@dynamic-tuning/engine'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { valueIn } from '../evaluation/measure.ts'
import { withLogits } from '../evaluation/with-logits.test.support.ts'
import { openBackbone } from '../io/backbone.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { accuracy } from '../tasks/classification/measures.ts'
import { evaluateRun } from './evaluate-run.ts'
import { exportModel } from './export/export-run.ts'
import { checkFinetune } from './settings/check-finetune.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun, type TunedRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'precision-run-'))
afterAll(() => rmSync(folder, { recursive: true }))

const images = Float32Array.from({ length: 3 * 3 * 32 * 32 }, (_, i) => Math.sin(i * i))
const apart = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number)))) / Math.max(...b.map(Math.abs))

async function logitsOf(run: TunedRun, precision: 'fp32' | 'int8'): Promise<Float32Array> {
  const classifier = await run.classifier('skip', { precision, threads: 1 })
  try {
    return withLogits(await classifier.classify(images)).logits
  } finally {
    await classifier.release()
  }
}

describe('a run in another precision', () => {
  let run: TunedRun
  beforeAll(async () => {
    await tinyRun(folder, 'run')
    run = openRun(join(folder, 'run'))
  })

  it('is evaluated beside itself in fp32', async () => {
    const full = await evaluateRun(run, { workers: 0 })
    expect(full).toMatchObject({ precision: 'fp32' })
    expect(full.fp32).toBeUndefined()
    const found = await evaluateRun(run, { workers: 0, compile: { precision: 'int8' } })
    expect(found).toMatchObject({
      precision: 'int8',
      fp32: { accuracy: valueIn(full, accuracy), activeRate: full.activeRate },
    })
    const difference = valueIn(found, accuracy) - valueIn(full, accuracy)
    expect(found.fp32).toMatchObject({ accuracyDifference: expect.closeTo(difference, 12) })
    expect(found.flops).toBeGreaterThan(0)
  })

  for (const precision of ['fp16', 'int8', 'int8-weights', 'int4-weights'] as const)
    it(`exports ${precision}: a smaller file that says what the classifier says`, async () => {
      const full = exportModel(run, { out: join(folder, 'full.onnx') })
      const exported = exportModel(run, { out: join(folder, `${precision}.onnx`), precision })
      expect(exported.standard).toBe(true)
      expect(exported.bytes).toBeLessThan(full.bytes)
      const path = exported.files[0] as string
      expect(statSync(path).size).toBeLessThan(statSync(full.files[0] as string).size)
      const { metadata, initializers } = readModelFile(path)
      expect(metadata).toMatchObject({ precision })
      // What is not a map of the backbone is kept as it was.
      for (const [name, { dtype }] of initializers)
        if (/adaptmlp|token_select|head|norm|pos_embed/.test(name)) expect(dtype).toBe('float32')
      const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 })
      const { logits } = await session.run({
        pixel_values: new Tensor('float32', images, [3, 3, 32, 32]),
        threshold: new Tensor('float32', new Float32Array(2).fill(0.5), [2]),
      })
      await session.release()
      const compiled = await run.classifier('skip', { precision, threads: 1, fused: false, narrow: true })
      expect(
        apart(logits?.data as Float32Array, withLogits(await compiled.classify(images)).logits),
      ).toBeLessThan(1e-5)
      await compiled.release()
    })

  it('may take operators of ONNX Runtime alone', () => {
    const out = join(folder, 'fused.onnx')
    const { operators, standard } = exportModel(run, { out, precision: 'int4-weights', fused: true })
    expect(standard).toBe(false)
    expect(operators).toMatchObject({ MatMulNBits: 8, MultiHeadAttention: 2 })
  })
})

describe('tuning on a backbone kept in few bits', () => {
  for (const backbonePrecision of ['int8', 'int4'] as const)
    it(`gives a run of the rounded backbone: ${backbonePrecision}`, async () => {
      const name = `tuned-${backbonePrecision}`
      const { summary } = await tinyRun(folder, name, { backbonePrecision })
      const run = openRun(join(folder, name))
      const again = await evaluateRun(run, { workers: 0 })
      const figures = { accuracy: valueIn(again, accuracy), activeRate: again.activeRate }
      expect(summary).toMatchObject(figures)
      const { tensors } = openBackbone(join(folder, 'tiny.safetensors'))
      const map = 'blocks.1.mlp.fc2.weight'
      const [own, stored] = [run.tensors.get(map), tensors.get(map)].map((each) => each?.data as Float32Array)
      const limit = backbonePrecision === 'int8' ? 254 : 14
      const most = Math.max(...(stored as Float32Array).map(Math.abs))
      for (const [i, value] of (own as Float32Array).entries())
        expect(Math.abs(value - ((stored as Float32Array)[i] as number))).toBeLessThanOrEqual(
          (1.001 * most) / limit,
        )
      expect(own).not.toEqual(stored)
      expect(run.tensors.get('pos_embed')).toEqual(tensors.get('pos_embed'))
      expect(readSafetensors(run.folder.adapterPath).has(map)).toBe(false)
      const [fp32, int8] = [await logitsOf(run, 'fp32'), await logitsOf(run, 'int8')]
      expect(apart(int8, fp32)).toBeLessThan(0.1)
    })

  it('is refused where the backbone itself is trained', () => {
    const input = { data: 'x', backbonePrecision: 'int8' }
    for (const method of ['full', 'dynamic-full'])
      expect(() => checkFinetune({ ...input, method })).toThrow(
        /trains the backbone.*Leave backbonePrecision out/,
      )
    expect(checkFinetune({ ...input, method: 'lora' })).toMatchObject({ backbonePrecision: 'int8' })
  })
})
