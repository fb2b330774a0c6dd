import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, input, type TensorData } from '@dynamic-tuning/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { drawWeights } from '../models/backbone.ts'
import { asVit } from '../models/backbone-config.ts'
import { buildModel } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import type { VitModelConfig } from '../models/model-config.ts'
import { resizePositionEmbedding } from '../models/vit/position-embedding.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { openBackbone } from './backbone.ts'
import { saveCheckpointFile } from './checkpoint.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const config: VitModelConfig = {
  imageSize: [16, 24],
  patchSize: 8,
  embedDim: 12,
  depth: 2,
  numHeads: 3,
  mlpRatio: 2,
  numClasses: 4,
  globalPool: 'token',
  layerNormEps: 1e-5,
  qkvBias: true,
}
const weights = drawWeights(config, 3)
const reference = fileURLToPath(new URL('../../fixtures/reference/vit/', import.meta.url))
let folder = ''
let path = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'backbone-'))
  path = join(folder, 'own.safetensors')
  saveCheckpointFile(path, { tensors: weights, config, classes: ['a', 'b', 'c', 'd'] })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A bare file whose tensors are those of the model after `change`. */
function bare(name: string, change: (tensors: Map<string, TensorData>) => void = () => {}): string {
  const tensors = new Map(drawWeights({ ...config, imageSize: [16, 16] }, 3))
  change(tensors)
  const file = join(folder, `${name}.safetensors`)
  writeSafetensors(file, tensors)
  return file
}

describe('openBackbone', () => {
  it('gives back what was saved', () => {
    const opened = openBackbone(path)
    expect(opened.config).toEqual(config)
    expect(opened.classes).toEqual(['a', 'b', 'c', 'd'])
    expect(opened.normalization).toEqual({ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })
    expect([...opened.tensors.keys()].sort()).toEqual([...weights.keys()].sort())
    for (const [name, { data }] of weights) expect(opened.tensors.get(name)?.data).toEqual(data)
  })

  it('drops the head for other classes, and its class names', () => {
    const opened = openBackbone(path, { numClasses: 7 })
    expect(opened.config.numClasses).toBe(7)
    expect([...opened.tensors.keys()].filter((name) => name.startsWith('head'))).toEqual([])
    expect(opened.tensors.size).toBe(weights.size - 2)
    expect(opened.classes).toBeUndefined()
    expect(openBackbone(path, { numClasses: 4 }).tensors.get('head.weight')).toEqual(
      weights.get('head.weight'),
    )
  })

  it('resizes positions to the image, and keeps that of the class token', () => {
    const opened = openBackbone(path, { imageSize: [32, 16] })
    const positions = opened.tensors.get('pos_embed') as TensorData
    const before = weights.get('pos_embed') as TensorData<'float32'>
    expect(opened.config.imageSize).toEqual([32, 16])
    expect(positions.shape).toEqual([1, 1 + 4 * 2, 12])
    expect(positions.data).toEqual(resizePositionEmbedding(before.data, [2, 3], [4, 2], 1))
    expect(positions.data.slice(0, 12)).toEqual(before.data.slice(0, 12))
    expect(() => openBackbone(path, { imageSize: [30, 16] })).toThrow(/no multiple of the patch 8/)
  })

  it('asks for the number of heads where nothing tells', () => {
    const file = bare('headless')
    expect(() => openBackbone(file)).toThrow(ConfigError)
    expect(() => openBackbone(file)).toThrow(/how many attention heads/)
    expect(openBackbone(file, { numHeads: 2 }).config.numHeads).toBe(2)
    expect(() => openBackbone(file, { numHeads: 5 })).toThrow(/5 heads do not divide 12/)
    expect(() => openBackbone(file, { model: 'vit_tiny_patch16_224' })).toThrow(/12 features, .* has 192/)
  })

  it('takes the number of heads from the name of the model', () => {
    const tiny = { ...config, imageSize: [16, 16], embedDim: 192, depth: 1, mlpRatio: 1 } as const
    const file = join(folder, 'tiny.safetensors')
    writeSafetensors(file, drawWeights(tiny, 0))
    const opened = openBackbone(file, { model: 'vit_tiny_patch16_224.augreg_in21k' })
    expect(opened.config).toMatchObject({ numHeads: 3, embedDim: 192, patchSize: 8, imageSize: [16, 16] })
    expect(opened.config.layerNormEps).toBe(1e-6)
  })

  it('reports every tensor that does not fit, in one error', () => {
    const file = bare('broken', (tensors) => {
      tensors.delete('blocks.1.attn.proj.bias')
      tensors.set('extra.thing', { dtype: 'float32', shape: [2], data: new Float32Array(2) })
      tensors.set('norm.weight', { dtype: 'float32', shape: [11], data: new Float32Array(11) })
    })
    const open = () => openBackbone(file, { numHeads: 3, numClasses: 9 })
    expect(open).toThrow(CheckpointError)
    expect(open).toThrow(/3 tensors do not fit/)
    expect(open).toThrow(/missing +blocks\.1\.attn\.proj\.bias \[12\]/)
    expect(open).toThrow(/misshaped +norm\.weight \[11\], expected \[12\]/)
    expect(open).toThrow(/unexpected +extra\.thing \[2\]/)
  })

  it('refuses NaN', () => {
    const file = bare('nan', (tensors) => {
      const data = (tensors.get('norm.bias') as TensorData<'float32'>).data.slice()
      data[5] = Number.NaN
      tensors.set('norm.bias', { dtype: 'float32', shape: [12], data })
    })
    expect(() => openBackbone(file, { numHeads: 3 })).toThrow(/"norm\.bias".* NaN at element 5/)
  })

  it('wants a number of classes where there is no head', () => {
    const file = bare('nohead', (tensors) => {
      tensors.delete('head.weight')
      tensors.delete('head.bias')
    })
    expect(() => openBackbone(file, { numHeads: 3 })).toThrow(/no head; give the number of classes/)
    expect(openBackbone(file, { numHeads: 3, numClasses: 2 }).config.numClasses).toBe(2)
  })

  it('draws named models from the seed', () => {
    const at = { randomWeights: true, numClasses: 3, imageSize: [16, 16] } as const
    const first = openBackbone('vit_tiny_patch16_224', { ...at, seed: 1 })
    expect(first.config).toMatchObject({ embedDim: 192, depth: 12, numHeads: 3, imageSize: [16, 16] })
    expect(first.tensors.get('head.weight')?.shape).toEqual([3, 192])
    expect(first.tensors.get('pos_embed')?.shape).toEqual([1, 2, 192])
    const qkv = (seed: number) =>
      openBackbone('vit_tiny_patch16_224', { ...at, seed }).tensors.get('blocks.4.attn.qkv.weight')?.data
    expect(qkv(1)).toEqual(first.tensors.get('blocks.4.attn.qkv.weight')?.data)
    expect(qkv(2)).not.toEqual(qkv(1))
    expect(openBackbone(path, { randomWeights: true, seed: 3 }).tensors).toEqual(weights)
  })

  it('refuses names and paths it does not know', () => {
    expect(() => openBackbone('vit_tiny_patch16_224')).toThrow(/no weights are known/)
    expect(() => openBackbone('resnet50', { randomWeights: true })).toThrow(ConfigError)
    expect(() => openBackbone(join(folder, 'missing.safetensors'))).toThrow(CheckpointError)
    expect(() => openBackbone(folder)).toThrow(/no model\.safetensors/)
  })

  it('reads mean and deviation of Hugging Face and timm folders', () => {
    const inside = mkdtempSync(join(folder, 'hf-'))
    writeSafetensors(join(inside, 'model.safetensors'), drawWeights({ ...config, imageSize: [16, 16] }, 0))
    const stats = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] }
    const timm = { architecture: 'vit_own', pretrained_cfg: stats }
    writeFileSync(join(inside, 'config.json'), JSON.stringify(timm))
    expect(openBackbone(inside, { numHeads: 3 }).normalization).toEqual(stats)
    const hf = { image_mean: [0.7, 0.7, 0.7], image_std: [1, 1, 1] }
    writeFileSync(join(inside, 'preprocessor_config.json'), JSON.stringify(hf))
    expect(openBackbone(inside, { numHeads: 3 }).normalization).toEqual({
      mean: [0.7, 0.7, 0.7],
      std: [1, 1, 1],
    })
  })

  it('says where the built-in weights should be', () => {
    const assets = fileURLToPath(new URL('../../assets/builtin.safetensors', import.meta.url))
    if (existsSync(assets)) expect(openBackbone('builtin').config.numClasses).toBeGreaterThan(0)
    else expect(() => openBackbone('builtin')).toThrow(`missing, got no file at ${assets}`)
  })
})

describe('openBackbone beside the reference of a ViT', () => {
  it('reads the Hugging Face folder as the timm file', async () => {
    const hf = openBackbone(join(reference, 'token/hf'))
    const timm = openBackbone(join(reference, 'token/weights.safetensors'), { numHeads: 4 })
    expect(hf.config).toEqual(timm.config)
    const images = new Float32Array(2 * 3 * 32 * 32).map((_, i) => Math.sin(i / 7))
    const outputs = await Promise.all(
      [hf, timm].map(async ({ config: own, tensors }) => {
        const { logits } = buildModel(
          input('images', ['B', 3, 32, 32]),
          new WeightStore({ tensors }),
          modelOf(asVit(own)),
        ).outputs
        return (await (await compile({ logits })).run({ images })).logits.data
      }),
    )
    expect(outputs[0]).toEqual(outputs[1])
  })
})
