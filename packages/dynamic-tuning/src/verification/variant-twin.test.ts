import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { noise, randomValues } from '../nn/plain.test.support.ts'
import { gateShape } from '../tuners/dispatch-inputs.ts'
import { dyt } from '../tuners/dyt.ts'
import { type PlainPass, plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { verifyFixture } from './verify.ts'
import { vitFields, vitOf } from './vit-settings.ts'

const temp = mkdtempSync(join(tmpdir(), 'variant-twin-'))
afterAll(() => rmSync(temp, { recursive: true }))

/** Settings unlike those of the references. */
const common = {
  kind: 'dyt-image',
  img_size: [12, 20],
  patch_size: 4,
  in_chans: 3,
  embed_dim: 20,
  depth: 2,
  num_heads: 5,
  mlp_ratio: 3,
  num_classes: 7,
  bottleneck: 6,
  adapter_scale: 0.8,
  target_rate: 0.2,
  qkv_bias: true,
  layer_norm_eps: 1e-3,
  activation: 'gelu_erf',
  global_pool: 'avg',
  loss: { rate_weight: 3.5, kl_reduction: 'batchmean', ce_reduction: 'mean' },
  optimizer: { name: 'AdamW', lr: 1e-2, beta1: 0.8, beta2: 0.9, eps: 1e-6, weight_decay: 0.3 },
  trainable: ['head.weight'],
}
const count = 3

/** Writes a fixture whose expectations come from plain loops. */
function twin(
  variant: TunerOptions['dispatch'],
  level: 'token' | 'sample',
  experts: number,
  written = {},
): string {
  const dispatcher = { bias: true, tau: 0.7, threshold: 0.5, comparison: 'greater' }
  const settings = {
    ...common,
    dispatch: { variant, level },
    dispatcher: { ...dispatcher, keeps_class_token: level === 'token' },
    adapter: experts > 1 ? { kind: 'moe', experts } : { kind: 'plain' },
  }
  const config = vitOf(vitFields.parse(settings))
  const options: TunerOptions = {
    ...dyt.defaults,
    dispatch: variant,
    dispatchLevel: level,
    experts,
    bottleneck: 6,
    adapterScale: 0.8,
    temperature: 0.7,
  }
  const values = randomValues(modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks), 21)
  const { sites, decisions } = gateShape(options, config)
  const images = noise(count * 3 * 12 * 20, 22)
  const gumbel = noise(sites.length * count * decisions, 23)
  const run = (passOf: (image: number) => PlainPass) =>
    Array.from({ length: count }, (_, b) =>
      plainDispatch(images.subarray(b * 720, (b + 1) * 720), values, config, options, passOf(b)),
    )
  const noiseOf = (image: number): number[][] =>
    sites.map((_, g) => [...gumbel.subarray((g * count + image) * decisions).subarray(0, decisions)])
  const [evaluated, complete, train] = [
    run(() => ({})),
    run(() => ({ complete: true })),
    run((image) => ({ noise: noiseOf(image) })),
  ]
  const tensor = (rows: number[][], shape: number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from(rows.flat()),
  })
  const gates = [count, sites.length, decisions]
  const expected = new Map<string, TensorData>([
    [
      'eval.logits',
      tensor(
        evaluated.map(({ logits }) => logits),
        [count, 7],
      ),
    ],
    [
      'eval.masks',
      tensor(
        evaluated.flatMap((one) => one.gates.map(({ hard }) => [...hard])),
        gates,
      ),
    ],
    [
      'complete.logits',
      tensor(
        complete.map(({ logits }) => logits),
        [count, 7],
      ),
    ],
    [
      'train.logits',
      tensor(
        train.map(({ logits }) => logits),
        [count, 7],
      ),
    ],
    [
      'train.soft',
      tensor(
        train.flatMap((one) => one.gates.map(({ soft }) => [...soft])),
        gates,
      ),
    ],
  ])
  const folder = mkdtempSync(join(temp, 'fixture-'))
  const inputs = new Map<string, TensorData>([
    ['images', { dtype: 'float32', shape: [count, 3, 12, 20], data: images }],
    ['labels', { dtype: 'int64', shape: [count], data: BigInt64Array.of(2n, 0n, 6n) }],
    ['gumbel_diff', { dtype: 'float32', shape: [sites.length, count, decisions, 1], data: gumbel }],
  ])
  writeSafetensors(join(folder, 'weights.safetensors'), values)
  writeSafetensors(join(folder, 'expected.safetensors'), expected)
  writeSafetensors(join(folder, 'inputs.safetensors'), inputs)
  const tolerances = { '*': { abs: 2e-5, rel_to_tensor_max: 2e-5 } }
  writeFileSync(join(folder, 'expected.json'), JSON.stringify({ losses: {}, tolerances }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, ...written }))
  return folder
}

describe('verifyFixture on twins of the variants', () => {
  it.each([
    ['attention', 'token', 1],
    ['attention', 'sample', 1],
    ['attention-mlp', 'token', 3],
    ['layer', 'token', 1],
    ['layer', 'sample', 2],
    ['mlp', 'sample', 2],
  ] as const)('%s at %s level, %d experts', async (variant, level, experts) => {
    const { tensors, pass } = await verifyFixture(twin(variant, level, experts), { threads: 1 })
    expect(tensors.filter((report) => !report.pass)).toEqual([])
    expect(pass).toBe(true)
    expect(tensors.map(({ name }) => name)).toContain('eval.logits (skip inference)')
  })

  it('reads the variant instead of taking it for granted', async () => {
    const other = { adapter: { kind: 'moe', experts: 3, expert_weights: 'none' } }
    const { tensors } = await verifyFixture(twin('attention-mlp', 'token', 3, other), { threads: 1 })
    expect(tensors.find(({ name }) => name === 'complete.logits')?.pass).toBe(false)
  })
})
