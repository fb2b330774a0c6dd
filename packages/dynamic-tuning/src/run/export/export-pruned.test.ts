import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random, type TensorData } from '@dynamic-tuning/engine'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { withLogits } from '../../evaluation/with-logits.test.support.ts'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { writeSafetensors } from '../../io/safetensors-writer.ts'
import { drawWeights } from '../../models/backbone.ts'
import type { FinetuneInput } from '../settings/finetune-settings.ts'
import { tinyRun, tinyVit } from '../tiny-run.test.support.ts'
import { openRun, type TunedRun } from '../tuned-run.ts'
import { exportPruned } from './export-pruned.ts'
import { exportModel } from './export-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'pruned-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const quick = { compile: { threads: 1 }, workers: 0 }
const images = Float32Array.from({ length: 6 * 3 * 32 * 32 }, random(1, 'images').normal)
/** LN2, two linear maps with biases: what an MLP of the tiny ViT weighs; and its dispatcher. */
const [mlp, dispatcher] = [2 * 32 + 2 * 32 * 64 + 64 + 32, 33]

/** A tuned run whose gates in `layers` let nothing through. */
async function runWithDead(name: string, layers: readonly number[], more: Partial<FinetuneInput> = {}) {
  await tinyRun(folder, name, { learningRate: 0.05, ...more })
  const path = join(folder, name, 'adapter.safetensors')
  const tensors = new Map<string, TensorData>(readSafetensors(path))
  for (const layer of layers)
    tensors.set(`blocks.${layer}.mlp_token_select.mlp_head.bias`, {
      dtype: 'float32',
      shape: [1],
      data: Float32Array.of(-100),
    })
  writeSafetensors(path, tensors)
  return openRun(join(folder, name))
}

async function runFile(path: string): Promise<Float32Array> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const feeds: Record<string, Tensor> = { pixel_values: new Tensor('float32', images, [6, 3, 32, 32]) }
  if (session.inputNames.includes('threshold'))
    feeds.threshold = new Tensor('float32', new Float32Array(2).fill(0.5), [2])
  const { logits } = await session.run(feeds)
  await session.release()
  return logits?.data as Float32Array
}

async function logitsOf(run: TunedRun, thresholds?: readonly number[]): Promise<Float32Array> {
  const classifier = await run.classifier('skip', quick.compile, { thresholds })
  const { logits } = withLogits(await classifier.classify(images))
  await classifier.release()
  return logits
}

const largest = (values: Float32Array): number => Math.max(...values.map(Math.abs))
const apart = (a: Float32Array, b: Float32Array): number =>
  largest(a.map((value, i) => value - (b[i] as number)))
const nodes = (operators: Readonly<Record<string, number>>): number =>
  Object.values(operators).reduce((a, b) => a + b)

describe('an export without dead blocks', () => {
  it('keeps a block for the class token where that reaches the head', async () => {
    const run = await runWithDead('token', [1])
    const [whole, pruned] = [join(folder, 'whole.onnx'), join(folder, 'pruned.onnx')]
    const before = exportModel(run, { out: whole })
    const { deadBlocks, operators, page } = await exportPruned(run, { ...quick, out: pruned })
    const saved = { paramsSaved: dispatcher, flopsSaved: 17 * 32 }
    expect(deadBlocks.dead).toEqual([{ layer: 1, part: 'mlp', rate: 0, form: 'prefix', ...saved }])
    expect(deadBlocks).toMatchObject({ images: 24, labelsChanged: 0, blocks: ['dispatched', 'prefix'] })
    expect(deadBlocks.largestDifference).toBeLessThan(1e-5 * deadBlocks.logitScale)
    expect(deadBlocks.params.before - deadBlocks.params.after).toBe(dispatcher)
    expect(nodes(operators)).toBeLessThan(nodes(before.operators))
    // The last layer needs no list of tokens in either file: its MLP runs on the class token alone.
    expect([before.operators.NonZero, operators.NonZero]).toEqual([1, 1])
    const gate = 'blocks.1.mlp_token_select.mlp_head.weight'
    expect([whole, pruned].map((file) => readFileSync(file).includes(gate))).toEqual([true, false])
    const wanted = await logitsOf(run)
    expect(apart(await runFile(pruned), wanted)).toBeLessThan(1e-5 * largest(wanted))
    expect(readFileSync(pruned).toString('latin1')).toContain('"form":"prefix"')
    const text = readFileSync(page, 'utf8')
    expect(text).toContain('the class token alone')
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
  })

  it('drops it altogether where asked, and says what that changes', async () => {
    const run = openRun(join(folder, 'token'))
    const [whole, dropped] = [join(folder, 'whole.onnx'), join(folder, 'dropped.onnx')]
    const { deadBlocks } = await exportPruned(run, { ...quick, out: dropped, drop: true })
    expect(deadBlocks.dead.map(({ form, paramsSaved }) => [form, paramsSaved])).toEqual([
      ['dropped', mlp + dispatcher],
    ])
    expect(deadBlocks.largestDifference).toBeGreaterThan(1e-5 * deadBlocks.logitScale)
    expect(statSync(whole).size - statSync(dropped).size).toBeGreaterThan(4 * (mlp + dispatcher))
    const classifier = await run.classifier('skip', quick.compile, { blocks: deadBlocks.blocks })
    const { logits } = withLogits(await classifier.classify(images))
    await classifier.release()
    expect(apart(await runFile(dropped), logits)).toBeLessThan(1e-5 * largest(logits))
    expect(apart(logits, await logitsOf(run))).toBeGreaterThan(1e-4 * largest(logits))
  })

  it('drops a last block altogether with average pooling, but not one before', async () => {
    const model = join(folder, 'avg.safetensors')
    const config = { ...tinyVit, globalPool: 'avg' } as const
    saveCheckpointFile(model, { tensors: drawWeights(config, 1), config })
    const run = await runWithDead('avg', [0, 1], { model })
    const out = join(folder, 'avg.onnx')
    const { deadBlocks, operators } = await exportPruned(run, { ...quick, out })
    expect(deadBlocks.blocks).toEqual(['prefix', 'dropped'])
    expect(deadBlocks.labelsChanged).toBe(0)
    expect(operators.NonZero).toBeUndefined()
    const wanted = await logitsOf(run)
    expect(apart(await runFile(out), wanted)).toBeLessThan(1e-5 * largest(wanted))
  })

  it('drops it altogether at sample level, where the class token follows the gate', async () => {
    const run = await runWithDead('sample', [0], { dispatchLevel: 'sample' })
    const [whole, out] = [join(folder, 'sample-whole.onnx'), join(folder, 'sample.onnx')]
    exportModel(run, { out: whole })
    const { deadBlocks } = await exportPruned(run, { ...quick, out })
    expect(deadBlocks.dead).toMatchObject([{ layer: 0, form: 'dropped', paramsSaved: mlp + dispatcher }])
    expect(deadBlocks.largestDifference).toBeLessThan(1e-5 * deadBlocks.logitScale)
    expect(statSync(whole).size - statSync(out).size).toBeGreaterThan(4 * (mlp + dispatcher))
    const wanted = await logitsOf(run)
    expect(apart(await runFile(out), wanted)).toBeLessThan(1e-5 * largest(wanted))
  })

  it('takes blocks up to a limit for dead, at the thresholds that were asked for', async () => {
    const run = await runWithDead('limit', [])
    const out = join(folder, 'limit.onnx')
    const none = await exportPruned(run, { ...quick, out })
    expect(none.deadBlocks).toMatchObject({ dead: [], largestDifference: 0, labelsChanged: 0 })
    const all = await exportPruned(run, { ...quick, out, limit: 1 })
    expect(all.deadBlocks.blocks).toEqual(['prefix', 'prefix'])
    const closed = await logitsOf(run, [1, 1])
    expect(apart(await runFile(out), closed)).toBeLessThan(1e-5 * largest(closed))
    expect(all.deadBlocks.largestDifference).toBeGreaterThan(0)
    const one = await exportPruned(run, { ...quick, out, thresholds: [0.5, 1] })
    expect(one.deadBlocks.blocks).toEqual(['dispatched', 'prefix'])
    expect(one.deadBlocks.largestDifference).toBeLessThan(1e-5 * one.deadBlocks.logitScale)
  })

  it('refuses a run without dispatch', async () => {
    await tinyRun(folder, 'linear', { method: 'linear', bottleneck: undefined })
    const run = openRun(join(folder, 'linear'))
    await expect(exportPruned(run, { ...quick, out: join(folder, 'no.onnx') })).rejects.toThrow(
      /^export: this run of linear dispatches nothing, /,
    )
  })
})
