import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { plainClipOf } from '../models/plain-clip.test.support.ts'
import { sampleSize } from '../models/samples/sample-layout.ts'
import { noise, randomValues } from '../nn/plain.test.support.ts'
import { gateShape } from '../tuners/dispatch-inputs.ts'
import { dyt } from '../tuners/dyt.ts'
import { type PlainPass, plainDispatch } from '../tuners/plain-dispatch.test.support.ts'
import { tune } from '../tuners/tune.ts'
import type { TunerOptions } from '../tuners/tuner.ts'
import { verifyFixture } from './verify.ts'
import { vitFields, vitOf } from './vit-settings.ts'

const temp = mkdtempSync(join(tmpdir(), 'clip-twin-'))
afterAll(() => rmSync(temp, { recursive: true }))

/** Settings unlike those of the reference. */
const common = {
  kind: 'dyt-video',
  frames: 3,
  img_size: [8, 12],
  patch_size: 4,
  in_chans: 3,
  embed_dim: 20,
  depth: 3,
  num_heads: 5,
  mlp_ratio: 3,
  num_classes: 4,
  bottleneck: 6,
  adapter_scale: 0.8,
  target_rate: 0.2,
  qkv_bias: false,
  layer_norm_eps: 1e-3,
  activation: 'gelu_erf',
  global_pool: 'attentive',
  dispatch: { variant: 'mlp', level: 'token' } as {
    variant: TunerOptions['dispatch']
    level: TunerOptions['dispatchLevel']
  },
  dispatcher: { bias: true, tau: 0.7, threshold: 0.5, comparison: 'greater', keeps_class_token: true },
  adapter: { kind: 'plain', experts: 1 },
  loss: { rate_weight: 3.5, kl_reduction: 'batchmean', ce_reduction: 'mean' },
  optimizer: { name: 'AdamW', lr: 1e-2, beta1: 0.8, beta2: 0.9, eps: 1e-6, weight_decay: 0.3 },
  trainable: ['query_token', 'head.weight'],
}
type Settings = typeof common
const count = 2

const tensor = (values: readonly number[], shape: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

/**
 * Writes a fixture whose expectations come from plain loops; `written` is what its
 * config.json says otherwise.
 */
function twin(settings: Settings, written: object = {}): string {
  const { frames } = settings
  const config = { ...vitOf(vitFields.parse({ ...settings, global_pool: 'token' })), frames }
  const options: TunerOptions = {
    ...dyt.defaults,
    dispatch: settings.dispatch.variant,
    dispatchLevel: settings.dispatch.level,
    experts: settings.adapter.experts,
    bottleneck: settings.bottleneck,
    adapterScale: settings.adapter_scale,
    temperature: settings.dispatcher.tau,
  }
  const values = randomValues(modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks), 31)
  const { sites, decisions } = gateShape(options, config)
  const size = sampleSize(modelOf(config).sample)
  const clips = noise(count * size, 32)
  const rows = count * frames
  const gumbel = noise(sites.length * rows * decisions, 33)
  const run = (passOf: (row: number) => PlainPass) =>
    Array.from({ length: count }, (_, b) =>
      plainClipOf(clips.subarray(b * size, (b + 1) * size), values, config, (image, t) =>
        plainDispatch(image, values, config, options, passOf(b * frames + t)),
      ),
    )
  const noiseOf = (row: number): number[][] =>
    sites.map((_, g) => [...gumbel.subarray((g * rows + row) * decisions).subarray(0, decisions)])
  const evaluated = run(() => ({}))
  const complete = run(() => ({ complete: true }))
  const train = run((row) => ({ noise: noiseOf(row) }))
  const logits = (clips: typeof train): TensorData =>
    tensor(
      clips.flatMap((clip) => clip.logits),
      [count, settings.num_classes],
    )
  const gates = (clips: typeof train, of: 'hard' | 'soft' | 'logits'): TensorData => {
    const each = clips.flatMap((clip) =>
      clip.frames.flatMap((frame) => frame.gates.flatMap((gate) => gate[of])),
    )
    return tensor(each, [rows, sites.length, decisions])
  }
  const tokens = evaluated.flatMap(({ features }) => features.flat())
  const expected = new Map<string, TensorData>([
    ['eval.logits', logits(evaluated)],
    ['eval.masks', gates(evaluated, 'hard')],
    ['eval.dispatcher_logits', gates(evaluated, 'logits')],
    ['eval.final_norm', tensor(tokens, [rows, tokens.length / rows / config.embedDim, config.embedDim])],
    [
      'eval.pooled',
      tensor(
        evaluated.flatMap(({ pooled }) => pooled),
        [count, config.embedDim],
      ),
    ],
    ['complete.logits', logits(complete)],
    ['train.logits', logits(train)],
    ['train.masks', gates(train, 'hard')],
    ['train.soft', gates(train, 'soft')],
  ])
  const hard = gates(train, 'hard').data as Float32Array
  const active_rate = hard.reduce((a, b) => a + b, 0) / hard.length
  const losses = {
    active_rate,
    rate_weighted: settings.loss.rate_weight * (active_rate - settings.target_rate) ** 2,
  }
  const inputs = new Map<string, TensorData>([
    ['clip', { dtype: 'float32', shape: [count, 3, frames, ...config.imageSize], data: clips }],
    ['labels', { dtype: 'int64', shape: [count], data: BigInt64Array.of(2n, 0n) }],
    ['gumbel_diff', { dtype: 'float32', shape: [sites.length, rows, decisions, 1], data: gumbel }],
  ])
  const folder = mkdtempSync(join(temp, 'fixture-'))
  writeSafetensors(join(folder, 'weights.safetensors'), values)
  writeSafetensors(join(folder, 'expected.safetensors'), expected)
  writeSafetensors(join(folder, 'inputs.safetensors'), inputs)
  const tolerances = { '*': { abs: 2e-5, rel_to_tensor_max: 2e-5 } }
  writeFileSync(join(folder, 'expected.json'), JSON.stringify({ losses, tolerances }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, ...written }))
  return folder
}

const verify = (folder: string) => verifyFixture(folder, { threads: 1 })

describe('verifyFixture on twins of the video reference', () => {
  const sample = { ...common.dispatcher, keeps_class_token: false }
  it.each<[string, Partial<Settings>]>([
    ['other sizes', {}],
    ['one frame, biased', { frames: 1, qkv_bias: true, img_size: [8, 8], num_heads: 2, depth: 1 }],
    ['five frames, attention', { frames: 5, dispatch: { variant: 'attention', level: 'token' } }],
    [
      'both parts, experts',
      {
        frames: 2,
        dispatch: { variant: 'attention-mlp', level: 'token' },
        adapter: { kind: 'moe', experts: 2 },
      },
    ],
    ['layers', { frames: 2, dispatch: { variant: 'layer', level: 'token' } }],
    ['whole frames', { dispatch: { variant: 'mlp', level: 'sample' }, dispatcher: sample }],
  ])('%s: expectations from plain loops', async (_name, change) => {
    const { tensors, pass } = await verify(twin({ ...common, ...change }))
    expect(tensors.filter((report) => !report.pass)).toEqual([])
    expect(pass).toBe(true)
    const names = tensors.map(({ name }) => name)
    for (const name of ['eval.pooled (skip)', 'eval.logits (skip inference)', 'losses.rate_weighted'])
      expect(names).toContain(name)
  })

  it.each([
    [{ num_heads: 4 }, 'eval.pooled'],
    [{ dispatcher: { ...common.dispatcher, tau: 5 } }, 'train.soft'],
    [{ loss: { ...common.loss, rate_weight: 2 } }, 'losses.rate_weighted'],
  ])('reads %j instead of taking it for granted', async (written, name) => {
    const { tensors } = await verify(twin(common, written))
    expect(tensors.find((report) => report.name === name)?.pass).toBe(false)
  })

  it.each([
    [{ global_pool: 'token' }, /global_pool/],
    [{ frames: 0 }, /frames/],
    [{ frames: undefined }, /frames/],
    [{ kind: 'dyt-image', global_pool: 'attentive' }, /global_pool/],
  ])('refuses %j', async (written, message) => {
    await expect(verify(twin(common, written))).rejects.toThrow(message)
  })

  it('refuses a clip of another length', async () => {
    await expect(verify(twin(common, { frames: 2 }))).rejects.toThrow(
      /clip of .* is \[2, 3, 3, 8, 12\], the model takes \[B, 3, 2, 8, 12\]/,
    )
  })
})
