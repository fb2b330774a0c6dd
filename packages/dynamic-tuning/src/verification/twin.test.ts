import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { type PlainTuning, plainVit } from '../models/vit/plain-vit.test.support.ts'
import { patchCount } from '../models/vit/vit-config.ts'
import { noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { dyt } from '../tuners/dyt.ts'
import { tune } from '../tuners/tune.ts'
import { verifyFixture } from './verify.ts'
import { vitFields, vitOf } from './vit-settings.ts'

const temp = mkdtempSync(join(tmpdir(), 'twin-'))
afterAll(() => rmSync(temp, { recursive: true }))

/** Settings of a fixture unlike the references in every number. */
const first = {
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
  adapter_dropout: 0,
  target_rate: 0.2,
  qkv_bias: false,
  layer_norm_eps: 1e-3,
  activation: 'gelu_erf',
  global_pool: 'avg',
  dispatcher: { bias: false, tau: 0.7, threshold: 0.5, comparison: 'greater', keeps_class_token: true },
  loss: { rate_weight: 3.5, target_rate: 0.2, kl_reduction: 'batchmean', ce_reduction: 'mean' },
  optimizer: { name: 'AdamW', lr: 1e-2, beta1: 0.8, beta2: 0.9, eps: 1e-6, weight_decay: 0.3 },
  trainable: ['head.weight', 'blocks.1.adaptmlp.up_proj.bias'],
}
const second = {
  ...first,
  img_size: 8,
  depth: 4,
  num_heads: 2,
  mlp_ratio: 2.33,
  qkv_bias: true,
  layer_norm_eps: 1e-5,
  global_pool: 'token',
  dispatcher: { ...first.dispatcher, bias: true, tau: 11 },
  edge: { none: { bias_overrides: { 'blocks.0.mlp_token_select.mlp_head.bias': -10 } } },
}
type Settings = typeof first | typeof second
const count = 3

function tensor(rows: readonly (number | number[] | number[][])[], shape: readonly number[]): TensorData {
  return { dtype: 'float32', shape: [...shape], data: Float32Array.from(rows.flat(2)) }
}

interface Drawn {
  readonly config: VitModelConfig
  readonly tokens: number
  readonly values: Values
  readonly images: Float32Array
  readonly gumbel: Float32Array
}

/** Weights, images and noise for these settings. */
function draw(settings: Settings): Drawn {
  const config = vitOf(vitFields.parse(settings))
  const options = { ...dyt.defaults, bottleneck: settings.bottleneck }
  const shapes = modelShapes(modelOf(config), tune(dyt, options, { kind: 'masked' }).hooks)
  if (!settings.dispatcher.bias)
    for (const name of shapes.keys()) if (name.endsWith('mlp_head.bias')) shapes.delete(name)
  const tokens = patchCount(config)
  const images = noise(count * 3 * config.imageSize[0] * config.imageSize[1], 12)
  return {
    config,
    tokens,
    values: randomValues(shapes, 11),
    images,
    gumbel: noise(config.depth * count * tokens, 13),
  }
}

/** All images in plain loops. */
function run(
  drawn: Drawn,
  settings: Settings,
  kind: PlainTuning['kind'],
  values = drawn.values,
  noisy = false,
) {
  const { config, images, gumbel, tokens } = drawn
  const size = images.length / count
  return Array.from({ length: count }, (_, b) =>
    plainVit(images.subarray(b * size, (b + 1) * size), values, config, {
      kind,
      adapterScale: settings.adapter_scale,
      ...(noisy && { noise: (layer, token) => gumbel[(layer * count + b) * tokens + token] as number }),
    }),
  )
}

/** What plain loops expect: tensors and losses. */
function expectations(settings: Settings, drawn: Drawn) {
  const { config, tokens, values } = drawn
  const evaluated = run(drawn, settings, 'dispatch')
  const complete = run(drawn, settings, 'adapters')
  const train = run(drawn, settings, 'dispatch', values, true)
  const [gates, logits] = [
    [count, config.depth, tokens],
    [count, settings.num_classes],
  ]
  const expected = new Map<string, TensorData>([
    [
      'eval.logits',
      tensor(
        evaluated.map((image) => image.logits),
        logits,
      ),
    ],
    [
      'eval.masks',
      tensor(
        evaluated.map((image) => image.masks),
        gates,
      ),
    ],
    [
      'eval.dispatcher_logits',
      tensor(
        evaluated.map((image) => image.gateLogits),
        gates,
      ),
    ],
    [
      'complete.logits',
      tensor(
        complete.map((image) => image.logits),
        logits,
      ),
    ],
    [
      'train.logits',
      tensor(
        train.map((image) => image.logits),
        logits,
      ),
    ],
    [
      'train.masks',
      tensor(
        train.map((image) => image.masks),
        gates,
      ),
    ],
    ['train.soft', tensor(softOf(train, drawn, settings.dispatcher.tau), gates)],
  ])
  for (let i = 0; i < config.depth; i++) {
    const rows = evaluated.map(({ blocks }) => blocks[i] as number[][])
    expected.set(`eval.blocks.${i}`, tensor(rows, [count, tokens + 1, config.embedDim]))
  }
  if ('edge' in settings) {
    const bias: [string, TensorData] = ['blocks.0.mlp_token_select.mlp_head.bias', tensor([-10], [1])]
    const outputs = run(drawn, settings, 'dispatch', new Map([...values, bias]))
    expected.set(
      'edge.none.logits',
      tensor(
        outputs.map((image) => image.logits),
        logits,
      ),
    )
    expected.set(
      'edge.none.masks',
      tensor(
        outputs.map((image) => image.masks),
        gates,
      ),
    )
  }
  return { expected, losses: lossesOf(settings, { train, complete, labels: [2, 0, 6] }) }
}

/** sigmoid((logit + noise) / tau) of every image, layer and patch. */
function softOf(train: { gateLogits: number[][] }[], { gumbel, tokens }: Drawn, tau: number): number[][][] {
  return train.map(({ gateLogits }, b) =>
    gateLogits.map((row, layer) =>
      row.map((logit, token) => {
        const noisy = logit + (gumbel[(layer * count + b) * tokens + token] as number)
        return 1 / (1 + Math.exp(-noisy / tau))
      }),
    ),
  )
}

/** Writes a fixture whose expectations come from plain loops, and returns its folder. */
function twin(settings: Settings, written: object = settings): string {
  const folder = mkdtempSync(join(temp, 'fixture-'))
  const drawn = draw(settings)
  const { config, values, images, gumbel, tokens } = drawn
  const { expected, losses } = expectations(settings, drawn)
  const inputs = new Map<string, TensorData>([
    ['images', { dtype: 'float32', shape: [count, 3, ...config.imageSize], data: images }],
    ['labels', { dtype: 'int64', shape: [count], data: BigInt64Array.of(2n, 0n, 6n) }],
    ['gumbel_diff', { dtype: 'float32', shape: [config.depth, count, tokens, 1], data: gumbel }],
  ])
  writeSafetensors(join(folder, 'weights.safetensors'), values)
  writeSafetensors(join(folder, 'expected.safetensors'), expected)
  writeSafetensors(join(folder, 'inputs.safetensors'), inputs)
  const tolerances = { '*': { abs: 2e-5, rel_to_tensor_max: 2e-5 } }
  writeFileSync(join(folder, 'expected.json'), JSON.stringify({ losses, tolerances }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(written))
  return folder
}

interface Image {
  readonly logits: number[]
  readonly masks: number[][]
}

function lossesOf(
  { loss }: Settings,
  { train, complete, labels }: { train: Image[]; complete: Image[]; labels: number[] },
): Record<string, number> {
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const shares = (images: Image[]): number[][] => images.map(({ logits }) => plainSoftmax(logits))
  const [p, q] = [shares(complete), shares(train)]
  const cross = (rows: number[][]): number =>
    mean(rows.map((row, i) => -Math.log(row[labels[i] as number] as number)))
  const kl = mean(
    p.map((row, i) => row.reduce((sum, v, k) => sum + v * Math.log(v / (q[i]?.[k] as number)), 0)),
  )
  const active_rate = mean(train.flatMap(({ masks }) => masks.flat()))
  const rate_weighted = loss.rate_weight * (active_rate - loss.target_rate) ** 2
  const terms = { ce_dynamic: cross(q), ce_complete: cross(p), kl, rate_weighted }
  const total = Object.values(terms).reduce((a, b) => a + b, 0)
  return { ...terms, active_rate, total }
}

describe('verifyFixture on twins of the references', () => {
  it.each([
    ['first', first],
    ['second', second],
  ])('%s: other sizes and settings, expectations from plain loops', async (_name, settings) => {
    const { tensors, pass } = await verifyFixture(twin(settings), { threads: 1 })
    expect(tensors.filter((report) => !report.pass)).toEqual([])
    expect(pass).toBe(true)
    const names = tensors.map(({ name }) => name)
    expect(names).toContain('eval.logits (skip inference)')
    expect(names).toContain('losses.total')
    expect(names.includes('edge.none.logits (skip)')).toBe('edge' in settings)
  })

  it.each([
    [{ num_heads: 4 }, 'eval.logits (skip)'],
    [{ layer_norm_eps: 1e-6 }, 'complete.logits'],
    [{ adapter_scale: 0.4 }, 'train.logits'],
    [{ dispatcher: { ...first.dispatcher, tau: 5 } }, 'train.soft'],
    [{ loss: { ...first.loss, rate_weight: 2 } }, 'losses.rate_weighted'],
    [{ loss: { ...first.loss, target_rate: 0.5 } }, 'losses.total'],
  ])('reads %j instead of taking it for granted', async (change, name) => {
    const { tensors } = await verifyFixture(twin(first, { ...first, ...change }), { threads: 1 })
    expect(tensors.find((report) => report.name === name)?.pass).toBe(false)
  })

  it('reads the optimiser, one step and its decay', async () => {
    const folder = twin(first, { ...first, optimizer_plain: { weight_decay: 0 } })
    const values = randomValues(new Map([['head.weight', [7, 20]]]), 11)
    const before = values.get('head.weight') as TensorData<'float32'>
    const path = join(folder, 'expected.safetensors')
    rmSync(path)
    // After one step Adam moves by the rate, in either direction; decay shrinks the weight before.
    const shrunk = { ...before, data: before.data.map((value) => value * (1 - 1e-2 * 0.3)) }
    const names = ['step1.head.weight', 'step1_plain.head.weight']
    writeSafetensors(
      path,
      new Map([
        [names[0] as string, shrunk],
        [names[1] as string, before],
      ]),
    )
    const json = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as object
    const tolerances = {
      'step*': { abs: 1e-2 + 1e-6, rel_to_tensor_max: 0 },
      '*': { abs: 1, rel_to_tensor_max: 1 },
    }
    writeFileSync(join(folder, 'expected.json'), JSON.stringify({ ...json, tolerances }))
    const { tensors } = await verifyFixture(folder, { threads: 1 })
    const moved = tensors.filter(({ name }) => names.includes(name))
    expect(moved.map(({ pass }) => pass)).toEqual([true, true])
    for (const { maxAbs } of moved) expect(maxAbs).toBeGreaterThan(0.99e-2)
  })
})
