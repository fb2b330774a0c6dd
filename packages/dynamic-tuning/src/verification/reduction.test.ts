import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { readSafetensors } from '../io/safetensors.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { noise, plainSoftmax, randomValues } from '../nn/plain.test.support.ts'
import { type GivenReduction, reductionOptions } from '../reduction/options.ts'
import { plainReduced } from '../reduction/plain-reduction.test.support.ts'
import { openReduction } from '../reduction/registry.ts'
import { reference as home } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

const reference = join(home, 'peft')
const temp = mkdtempSync(join(tmpdir(), 'verify-reduction-'))
afterAll(() => rmSync(temp, { recursive: true }))
const verify = (folder: string) => verifyFixture(folder, { threads: 1 })

describe('references of token reduction', () => {
  it.each([
    ['tome', 45],
    ['evit', 36],
    ['dynamicvit', 50],
  ])('%s passes, each of its %i entries below a tenth of its tolerance', async (name, entries) => {
    const report = await verify(join(reference, name))
    expect(report.tensors.filter(({ pass }) => !pass)).toEqual([])
    expect(report.tensors).toHaveLength(entries)
    for (const { maxAbs, tolerance } of report.tensors) expect(maxAbs).toBeLessThanOrEqual(tolerance / 10)
  })

  it.each([
    ['tome', 'layer.1.merged_dst_index'],
    ['tome', 'source'],
    ['evit', 'layer.2.kept_index'],
    ['evit', 'logits.without_fused_token'],
    ['dynamicvit', 'train.predictor.0.keep_decision'],
    ['dynamicvit', 'train.grad.predictor.0.fc_mid.weight'],
  ])('%s fails for a wrong %s alone', async (name, tensor) => {
    const home = mkdtempSync(join(temp, 'wrong-'))
    for (const each of ['backbone', name])
      cpSync(join(reference, each), join(home, each), { recursive: true })
    const path = join(home, name, 'expected.safetensors')
    const tensors = readSafetensors(path)
    const { data } = tensors.get(tensor) as TensorData<'float32'>
    data[3] = (data[3] as number) + 1
    rmSync(path)
    writeSafetensors(path, tensors)
    const { tensors: reports } = await verify(join(home, name))
    expect(reports.filter(({ pass }) => !pass).map((each) => each.name.replace(/ \(.*/, ''))).toEqual([
      tensor,
    ])
  })
})

const config: VitModelConfig = {
  imageSize: [12, 20],
  patchSize: 4,
  embedDim: 16,
  depth: 4,
  numHeads: 2,
  mlpRatio: 3,
  numClasses: 3,
  globalPool: 'token',
  layerNormEps: 1e-5,
  qkvBias: false,
}
const described = {
  img_size: config.imageSize,
  patch_size: config.patchSize,
  in_chans: 3,
  embed_dim: config.embedDim,
  depth: config.depth,
  num_heads: config.numHeads,
  mlp_ratio: config.mlpRatio,
  num_classes: config.numClasses,
  qkv_bias: config.qkvBias,
  layer_norm_eps: config.layerNormEps,
}
const images = noise(3 * 3 * 12 * 20, 4)
const labels = BigInt64Array.of(2n, 0n, 1n)

/** A folder like the references, of another size, whose logits and loss plain loops made. */
function twin(method: string, hyper_parameters: object, given: GivenReduction, changes: object = {}): string {
  const home = mkdtempSync(join(temp, 'twin-'))
  const reduction = reductionOptions(given)
  const values = randomValues(
    modelShapes(modelOf(config), openReduction(reduction, 'reduce', modelOf(config)).hooks),
    6,
  )
  const wanted = [0, 1, 2].map((i) =>
    plainReduced(images.subarray(i * 720, (i + 1) * 720), values, config, { options: reduction }),
  )
  const losses = wanted.map(({ logits }, i) => -Math.log(plainSoftmax(logits)[Number(labels[i])] as number))
  const own = [...values].filter(([name]) => name.startsWith('predictor'))
  const frozen = [...values].filter(([name]) => !name.startsWith('predictor'))
  for (const folder of ['backbone', method]) mkdirSync(join(home, folder))
  writeSafetensors(join(home, 'backbone', 'weights.safetensors'), new Map(frozen))
  if (own.length > 0) writeSafetensors(join(home, method, 'weights.safetensors'), new Map(own))
  const write = (name: string, tensors: Record<string, TensorData>): void =>
    writeSafetensors(join(home, method, name), new Map(Object.entries(tensors)))
  const float = (shape: number[], data: number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(data),
  })
  const draws = Object.fromEntries(
    [0, 1].map((k) => [`gumbel.${k}`, float([3, 15, 2], [...noise(3 * 15 * 2, k)])]),
  )
  write('inputs.safetensors', {
    images: { dtype: 'float32', shape: [3, 3, 12, 20], data: images },
    labels: { dtype: 'int64', shape: [3], data: labels },
    ...draws,
  })
  const mean = losses.reduce((a, b) => a + b, 0) / 3
  write('expected.safetensors', {
    logits: float(
      [3, 3],
      wanted.flatMap(({ logits }) => logits),
    ),
    ...(method === 'dynamicvit' ? {} : { loss: float([1], [mean]), 'grad.head.bias': headSlope(wanted) }),
    ...(method === 'dynamicvit' ? { 'train.grad.predictor.1.fc_out.bias': float([2], [0, 0]) } : {}),
  })
  const json = { method, backbone: { ...described, ...changes }, hyper_parameters }
  writeFileSync(join(home, method, 'config.json'), JSON.stringify(json))
  return join(home, method)
}

/** Of the mean cross-entropy: mean over images of softmax - one-hot. */
function headSlope(wanted: readonly { readonly logits: number[] }[]): TensorData {
  const rows = wanted.map(({ logits }, i) =>
    plainSoftmax(logits).map((share, k) => share - (k === Number(labels[i]) ? 1 : 0)),
  )
  const data = Float32Array.from([0, 1, 2], (k) => rows.reduce((sum, row) => sum + (row[k] as number), 0) / 3)
  return { dtype: 'float32', shape: [3], data }
}

describe('twins of other sizes', () => {
  it.each<[string, object, GivenReduction]>([
    ['tome', { r: 3, r_per_layer_requested: [3, 0, 9, 1] }, { reduction: 'tome', tomeR: [3, 0, 9, 1] }],
    [
      'tome',
      { r: 2, proportional_attention: false },
      { reduction: 'tome', tomeR: 2, tomeProportional: false },
    ],
    [
      'evit',
      { keep_rate_per_layer: [0.8, 1, 0.5, 1], fuse_inattentive_tokens: false },
      { reduction: 'evit', reductionLayers: [0, 2], keepRate: [0.8, 0.5], evitFuse: false },
    ],
  ])('%s %j', async (method, hyperParameters, given) => {
    const report = await verify(twin(method, hyperParameters, given))
    expect(report.tensors.filter(({ pass }) => !pass)).toEqual([])
  })

  const loss_weights = { ratio: 5 }
  const dynamic = { reduction: 'dynamicvit', reductionLayers: [0, 2], keepRate: [0.6, 0.3] } as const
  it('dynamicvit with two predictors: inference both ways; a missing slope is seen', async () => {
    const hyperParameters = { pruning_layers: [0, 2], token_ratio: [0.6, 0.3], loss_weights }
    const { tensors } = await verify(twin('dynamicvit', hyperParameters, dynamic))
    const passed = Object.fromEntries(tensors.map(({ name, pass }) => [name, pass]))
    expect(passed).toEqual({
      'logits (skip)': true,
      'logits (masked)': true,
      'train.grad.predictor.1.fc_out.bias': false,
    })
  })

  it('refuses what it cannot run, and weights that do not fit', async () => {
    const wrong = twin('evit', { keep_rate_per_layer: [1, 2] }, { reduction: 'evit' })
    await expect(verify(wrong)).rejects.toThrow(ConfigError)
    const deeper = twin('tome', { r: 1 }, { reduction: 'tome' }, { depth: 5 })
    await expect(verify(deeper)).rejects.toThrow(CheckpointError)
    const folder = twin('dynamicvit', { pruning_layers: [0], token_ratio: [0.5], loss_weights }, dynamic)
    await expect(verify(folder)).rejects.toThrow(/predictor\.1/)
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).method).toBe('dynamicvit')
  })
})
