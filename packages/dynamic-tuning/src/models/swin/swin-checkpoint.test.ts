import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../../errors.ts'
import { openBackbone } from '../../io/backbone.ts'
import { saveCheckpointFile } from '../../io/checkpoint.ts'
import { writeSafetensors } from '../../io/safetensors-writer.ts'
import { randomValues } from '../../nn/plain.test.support.ts'
import { modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import type { SwinModelConfig } from '../model-config.ts'
import { tinySwin } from './swin.test.support.ts'

const temp = mkdtempSync(join(tmpdir(), 'swin-'))
afterAll(() => rmSync(temp, { recursive: true }))

const config: SwinModelConfig = { ...tinySwin, imageSize: [8, 8], embedDim: 8, mlpRatio: 2 }
const values = randomValues(modelShapes(modelOf(config)), 1)

let folders = 0
function folderOf(tensors: ReadonlyMap<string, TensorData>, json?: object): string {
  const folder = mkdtempSync(join(temp, `model-${folders++}-`))
  writeSafetensors(join(folder, 'model.safetensors'), tensors)
  if (json !== undefined) writeFileSync(join(folder, 'config.json'), JSON.stringify(json))
  return folder
}

const renamed = (change: (name: string) => string) =>
  new Map<string, TensorData>([...values].map(([name, value]) => [change(name), value]))

/** The layout that timm had before 2023, with what it stored beside the weights. */
function older(): Map<string, TensorData> {
  const tensors = renamed((name) =>
    name.replace('layers.1.downsample', 'layers.0.downsample').replace('head.fc.', 'head.'),
  )
  const index: TensorData = { dtype: 'int64', shape: [4, 4], data: new BigInt64Array(16) }
  tensors.set('layers.0.blocks.1.attn_mask', {
    dtype: 'float32',
    shape: [4, 4, 4],
    data: new Float32Array(64),
  })
  return tensors.set('layers.0.blocks.0.attn.relative_position_index', index)
}

/** Hugging Face's names, rows of query, key and value apart. */
function huggingFace(): Map<string, TensorData> {
  const parts = [
    ['patch_embed.proj', 'embeddings.patch_embeddings.projection'],
    ['patch_embed.norm', 'embeddings.norm'],
    ['attn.proj', 'attention.output.dense'],
    ['attn.', 'attention.self.'],
    ['norm1', 'layernorm_before'],
    ['norm2', 'layernorm_after'],
    ['mlp.fc1', 'intermediate.dense'],
    ['mlp.fc2', 'output.dense'],
    ['layers.1.downsample', 'layers.0.downsample'],
  ] as const
  const tensors = new Map<string, TensorData>()
  for (const [own, value] of values) {
    const inner = parts.reduce((name, [timm, hf]) => name.replace(timm, hf), own)
    const name = own.startsWith('head.')
      ? own.replace('head.fc', 'classifier')
      : `swin.${inner.replace(/^layers\./, 'encoder.layers.').replace(/^norm\./, 'layernorm.')}`
    const rows = /\.qkv\./.test(name) ? ['query', 'key', 'value'] : undefined
    if (rows === undefined) tensors.set(name, value)
    for (const [i, part] of (rows ?? []).entries()) {
      const { data, shape } = value
      const third = data.length / 3
      const [first = 0, ...rest] = shape
      const own = { shape: [first / 3, ...rest], data: data.slice(i * third, (i + 1) * third) }
      tensors.set(name.replace('qkv', part), { dtype: 'float32', ...own })
    }
  }
  return tensors
}

const hfConfig = {
  model_type: 'swin',
  image_size: 8,
  patch_size: 2,
  embed_dim: 8,
  depths: [2, 2],
  num_heads: [1, 2],
  window_size: 2,
  mlp_ratio: 2,
  id2label: { 0: 'a', 1: 'b', 2: 'c' },
}

describe('a checkpoint of a Swin', () => {
  it.each([
    ['timm', values, undefined],
    [
      'timm, with a description',
      values,
      { architecture: 'swin_x', pretrained_cfg: { input_size: [3, 8, 8] } },
    ],
    ['timm, older layout', older(), undefined],
    ['Hugging Face', huggingFace(), hfConfig],
  ] as const)('is read from %s', (_name, tensors, json) => {
    const opened = openBackbone(folderOf(tensors, json))
    expect(opened.config).toEqual(config)
    expect([...opened.tensors.keys()].sort()).toEqual([...values.keys()].sort())
    for (const [name, { data, shape }] of values) {
      expect(opened.tensors.get(name)?.shape).toEqual(shape)
      expect(opened.tensors.get(name)?.data).toEqual(data)
    }
    if (json === hfConfig) expect(opened.classes).toEqual(['a', 'b', 'c'])
  })

  it('is saved with its settings', () => {
    const path = join(temp, 'own.safetensors')
    const sized: SwinModelConfig = { ...config, imageSize: [16, 24], layerNormEps: 1e-3 }
    saveCheckpointFile(path, { tensors: values, config: sized })
    expect(openBackbone(path).config).toEqual(sized)
  })

  it('takes another image size that its windows cover, and another head', () => {
    const opened = openBackbone(folderOf(values), { imageSize: [16, 24], numClasses: 7 })
    expect(opened.config).toEqual({ ...config, imageSize: [16, 24], numClasses: 7 })
    expect(opened.tensors.has('head.fc.weight')).toBe(false)
    expect(opened.tensors.get('norm.weight')).toEqual(values.get('norm.weight'))
    expect(() => openBackbone(folderOf(values), { imageSize: [12, 8] })).toThrow(
      /12 x 8 make a grid of 3 x 2 in stage 1.*multiples of 8 always fit/,
    )
    const smaller = () => openBackbone(folderOf(values), { imageSize: [4, 8] })
    expect(smaller).toThrow(ConfigError)
    expect(smaller).toThrow(/stage 1 has windows of 1 x 2, but its weights are for 2 x 2/)
  })

  it('reports every tensor that is missing, unexpected or misshaped by name', () => {
    const tensors = new Map<string, TensorData>(values)
    tensors.delete('layers.1.blocks.1.norm2.weight')
    tensors.set('layers.1.blocks.0.extra.weight', values.get('norm.weight') as TensorData)
    tensors.set('layers.1.downsample.norm.bias', values.get('norm.bias') as TensorData)
    const open = () => openBackbone(folderOf(tensors))
    expect(open).toThrow(CheckpointError)
    expect(open).toThrow(/3 tensors do not fit/)
    expect(open).toThrow(/missing layers\.1\.blocks\.1\.norm2\.weight \[16\]/)
    expect(open).toThrow(/unexpected layers\.1\.blocks\.0\.extra\.weight \[16\]/)
    expect(open).toThrow(/misshaped layers\.1\.downsample\.norm\.bias \[16\], expected \[32\]/)
    tensors.delete('layers.0.blocks.0.mlp.fc1.weight')
    expect(open).toThrow(/lacks .* so it is no whole Swin/)
    const halved = huggingFace()
    halved.delete('swin.encoder.layers.0.blocks.1.attention.self.key.bias')
    expect(() => openBackbone(folderOf(halved, hfConfig))).toThrow(
      /layers\.0\.blocks\.1\.attn\.qkv\.bias" lacks its key rows/,
    )
    expect(() =>
      openBackbone(folderOf(huggingFace(), { ...hfConfig, use_absolute_embeddings: true })),
    ).toThrow(/use_absolute_embeddings/)
  })

  it("is refused by timm's name of another size of windows or image", () => {
    expect(() => openBackbone('swin_base_patch4_window7_200', { randomWeights: true })).toThrow(/200 x 200/)
    expect(() => openBackbone('swin_huge_patch4_window7_224', { randomWeights: true })).toThrow(
      /unknown name swin_huge.*swin_\{tiny\|small\|base\}/,
    )
  })
})
