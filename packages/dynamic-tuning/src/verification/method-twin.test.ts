import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { plainVit } from '../models/vit/plain-vit.test.support.ts'
import { noise, plainSoftmax, randomValues, type Values } from '../nn/plain.test.support.ts'
import { tune } from '../tuners/tune.ts'
import { openBackboneFixture } from './backbone-fixture.ts'
import { openFixture } from './fixture.ts'
import { methodSettings } from './kinds/method-settings.ts'
import { type PlainSettings, plainMethods } from './plain-methods.test.support.ts'
import { verifyFixture } from './verify.ts'

const temp = mkdtempSync(join(tmpdir(), 'method-twin-'))
afterAll(() => rmSync(temp, { recursive: true }))

/** Backbones unlike that of the references in every number. */
const wide = {
  img_size: [8, 12],
  patch_size: 4,
  in_chans: 3,
  embed_dim: 10,
  depth: 2,
  num_heads: 5,
  mlp_ratio: 3,
  num_classes: 4,
  qkv_bias: false,
  layer_norm_eps: 1e-3,
  weights: 'base.safetensors',
}
const square = {
  ...wide,
  img_size: 15,
  patch_size: 5,
  embed_dim: 8,
  depth: 4,
  num_heads: 2,
  mlp_ratio: 2,
  qkv_bias: true,
}
const labels = [2, 0]

interface Twin {
  readonly method: string
  readonly backbone: typeof wide | typeof square
  readonly settings: PlainSettings
  /** Weights whose gradient is compared with differences of plain loops. */
  readonly slopes: readonly string[]
}

const lora = {
  settings: { rank: 3, scale: 0.7 },
  slopes: ['blocks.1.attn.lora_v.up.weight', 'blocks.0.attn.lora_q.down.weight'],
}
const ssf = {
  settings: {},
  slopes: ['patch_embed.proj.ssf_scale', 'blocks.1.norm2.ssf_shift', 'blocks.0.attn.qkv.ssf_scale'],
}
const tt = {
  settings: { rank: 2, scale: 0.6 },
  slopes: ['fact.u.weight', 'blocks.1.attn.fact_k.weight', 'blocks.0.mlp.fact_fc2.weight'],
}
const tk = { settings: { rank: 3, scale: 0.4 }, slopes: ['fact.v.weight', 'fact.core', 'fact.factors'] }
const deep = { settings: { num_tokens: 2 }, slopes: ['prompt_embeddings', 'deep_prompt_embeddings'] }
const conv = {
  settings: { bottleneck: 2, scale: 0.3 },
  slopes: ['blocks.0.convpass_attn.conv.weight', 'blocks.1.convpass_mlp.down.weight'],
}
const twins: readonly Twin[] = [wide, square].flatMap((backbone) => [
  { method: 'lora', backbone, ...lora },
  { method: 'ssf', backbone, ...ssf },
  { method: 'fact-tt', backbone, ...tt },
  { method: 'fact-tk', backbone, ...tk },
  { method: 'vpt-shallow', backbone, settings: { num_tokens: 9 }, slopes: ['prompt_embeddings'] },
  { method: 'vpt-deep', backbone, ...deep },
  { method: 'convpass', backbone, ...conv },
])

/** Writes the twin's folder, its expectations out of plain loops in double precision. */
function write({ method, backbone, settings, slopes }: Twin): string {
  const folder = mkdtempSync(join(temp, `${method}-`))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ method, backbone, hyper_parameters: settings }))
  const [height, width] = [backbone.img_size].flat().length === 2 ? (backbone.img_size as number[]) : [15, 15]
  const size = 3 * (height as number) * (width as number)
  const images = noise(2 * size, 5)
  const shape = [2, 3, height as number, width as number]
  for (const file of ['base', 'expected', 'weights'])
    writeSafetensors(join(folder, `${file}.safetensors`), new Map<string, TensorData>())
  writeSafetensors(
    join(folder, 'inputs.safetensors'),
    new Map<string, TensorData>([
      ['images', { dtype: 'float32', shape, data: images }],
      ['labels', { dtype: 'int64', shape: [2], data: BigInt64Array.from(labels, BigInt) }],
    ]),
  )
  const opened = openBackboneFixture(openFixture(folder))
  const { tuner, options } = methodSettings(opened).network
  const { config } = opened
  const all = randomValues(
    modelShapes(modelOf(config), tune(tuner, options, { kind: 'complete' }).hooks),
    21,
    0.3,
  )
  const inBase = new Set(modelShapes(modelOf(config)).keys())
  const doubles = new Map(
    [...all].map(([name, { shape: own, data }]) => [
      name,
      { dtype: 'float64', shape: own, data: Float64Array.from(data) } as const,
    ]),
  )
  const logitsOf = (values: Values): number[][] => {
    const plain = plainMethods[method]?.(values, config, settings)
    return [0, 1].map((image) => {
      const tuning = { kind: 'base', adapterScale: 1, ...plain?.tuning } as const
      return plainVit(
        images.subarray(image * size, (image + 1) * size),
        plain?.values ?? values,
        config,
        tuning,
      ).logits
    })
  }
  const lossOf = (values: Values): number =>
    logitsOf(values).reduce(
      (sum, row, i) => sum - Math.log(plainSoftmax(row)[labels[i] as number] as number) / 2,
      0,
    )
  const expected = new Map<string, TensorData>([
    [
      'logits',
      { dtype: 'float32', shape: [2, config.numClasses], data: Float32Array.from(logitsOf(doubles).flat()) },
    ],
    ['loss', { dtype: 'float32', shape: [1], data: Float32Array.of(lossOf(doubles)) }],
  ])
  for (const name of slopes) {
    const { shape: own, data } = doubles.get(name) as { shape: readonly number[]; data: Float64Array }
    const slope = data.map((value, i) => {
      const at = (moved: number): number =>
        lossOf(new Map([...doubles, [name, { dtype: 'float64', shape: own, data: data.with(i, moved) }]]))
      return (at(value + 1e-4) - at(value - 1e-4)) / 2e-4
    })
    expected.set(`grad.${name}`, { dtype: 'float32', shape: own, data: Float32Array.from(slope) })
  }
  const files = {
    base: new Map([...all].filter(([name]) => inBase.has(name))),
    weights: new Map([...all].filter(([name]) => !inBase.has(name))),
    expected,
  }
  for (const [file, tensors] of Object.entries(files)) {
    rmSync(join(folder, `${file}.safetensors`))
    writeSafetensors(join(folder, `${file}.safetensors`), tensors)
  }
  return folder
}

describe('fixtures of methods with other sizes, expected from plain loops', () => {
  it.each(twins.map((twin) => [twin.method, twin.backbone.embed_dim, twin] as const))(
    '%s, %i features',
    async (method, _width, twin) => {
      const { tensors, pass } = await verifyFixture(write(twin), { threads: 1 })
      expect(tensors.filter((tensor) => !tensor.pass)).toEqual([])
      expect(pass).toBe(true)
      const names = tensors.map(({ name }) => name)
      for (const name of [
        'logits',
        'logits (inference)',
        'loss',
        ...twin.slopes.map((slope) => `grad.${slope}`),
      ])
        expect(names).toContain(name)
      expect(names.includes('logits (merged)')).toBe(/lora|ssf|fact/.test(method))
    },
  )
})
