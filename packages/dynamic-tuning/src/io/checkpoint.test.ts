import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { loadCheckpointFile, saveCheckpointFile } from './checkpoint.ts'
import { readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'

const root = mkdtempSync(join(tmpdir(), 'checkpoint-'))
afterAll(() => rmSync(root, { recursive: true }))
const reference = fileURLToPath(new URL('../../fixtures/reference/vit/', import.meta.url))

const zeros = (...shape: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
})
const tiny = (): Map<string, TensorData> =>
  new Map(
    Object.entries({
      cls_token: zeros(1, 1, 4),
      pos_embed: zeros(1, 10, 4),
      'patch_embed.proj.weight': zeros(4, 3, 2, 2),
      'blocks.0.attn.qkv.weight': zeros(12, 4),
      'blocks.11.mlp.fc1.weight': zeros(12, 4),
      'blocks.0.mlp.fc1.weight': zeros(12, 4),
      'head.weight': zeros(2, 4),
    }),
  )
const read: object = {
  embedDim: 4,
  patchSize: 2,
  depth: 12,
  mlpRatio: 3,
  imageSize: [6, 6],
  numClasses: 2,
  qkvBias: false,
  globalPool: 'token',
}

describe('loading a checkpoint', () => {
  let folder = ''
  let weights = ''
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'model-'))
    weights = join(folder, 'model.safetensors')
  })
  const write = (tensors: Map<string, TensorData>, config?: unknown): void => {
    writeSafetensors(weights, tensors)
    const text = typeof config === 'string' ? config : JSON.stringify(config)
    if (config !== undefined) writeFileSync(join(folder, 'config.json'), text)
  }

  it('reads what a timm file shows by itself', () => {
    write(tiny())
    expect(loadCheckpointFile(weights)).toEqual({ path: weights, tensors: tiny(), config: read })
    write(new Map([...tiny()].filter(([name]) => name !== 'head.weight')).set('pos_embed', zeros(1, 12, 4)))
    const { imageSize: _, ...rest } = read as { imageSize: number }
    expect(loadCheckpointFile(folder).config).toEqual({ ...rest, numClasses: 0 })
  })

  it("takes timm's config.json", () => {
    write(tiny(), {
      architecture: 'vit_tiny.augreg',
      num_classes: 2,
      global_pool: 'avg',
      label_names: ['cat', 'dog'],
      pretrained_cfg: { input_size: [3, 6, 8], num_classes: 2, mean: [0.5, 0.5, 0.5] },
    })
    const { config, classes } = loadCheckpointFile(folder)
    expect(config).toEqual({ ...read, model: 'vit_tiny', globalPool: 'avg', imageSize: [6, 8] })
    expect(classes).toEqual(['cat', 'dog'])
  })

  it('brings back settings and classes that were saved here, in half precision', () => {
    const file = join(folder, 'backbone.safetensors')
    const config = { imageSize: [6, 6], numHeads: 2, layerNormEps: 1e-6, seed: 3 }
    const tensors = tiny().set('cls_token', {
      dtype: 'float32',
      shape: [1, 1, 4],
      data: Float32Array.of(1, 2, 0.1, 4),
    })
    saveCheckpointFile(file, { tensors, config, classes: ['a', 'b'] }, 'float16')
    const loaded = loadCheckpointFile(file)
    expect(loaded.config).toEqual({ ...read, ...config })
    expect(loaded.classes).toEqual(['a', 'b'])
    expect(loaded.tensors.get('cls_token')?.data).toEqual(Float32Array.of(1, 2, 0.0999755859375, 4))
  })

  it('names the tensor that holds NaN or infinity', () => {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      const tensors = tiny()
      ;(tensors.get('blocks.0.mlp.fc1.weight')?.data as Float32Array)[7] = value
      write(tensors)
      expect(() => loadCheckpointFile(folder)).toThrow(CheckpointError)
      expect(() => loadCheckpointFile(folder)).toThrow(
        new RegExp(`"blocks.0.mlp.fc1.weight" of .* holds ${value} at element 7`),
      )
    }
  })

  it.each<[string, unknown, RegExp]>([
    ['damaged', '{"model_type": "vi', /config\.json is not JSON/],
    ['of another model', { model_type: 'bert' }, /config\.json does not describe a ViT[\s\S]*model_type/],
    ['with another activation', { model_type: 'vit', hidden_act: 'gelu_new' }, /hidden_act/],
    ['with a size that is no number', { model_type: 'vit', image_size: 'big' }, /image_size/],
  ])('refuses a config.json %s', (_, config, message) => {
    write(tiny(), config)
    expect(() => loadCheckpointFile(folder)).toThrow(CheckpointError)
    expect(() => loadCheckpointFile(folder)).toThrow(message)
  })

  it('refuses folders without weights, missing files, and damaged settings', () => {
    mkdirSync(join(folder, 'empty'))
    expect(() => loadCheckpointFile(join(folder, 'empty'))).toThrow(/empty has no model\.safetensors/)
    expect(() => loadCheckpointFile(join(folder, 'none.safetensors'))).toThrow(/cannot open/)
    writeSafetensors(weights, tiny(), { metadata: { 'dynamic-tuning.config': '{' } })
    expect(() => loadCheckpointFile(weights)).toThrow(/metadata "dynamic-tuning.config" .* is not JSON/)
    writeSafetensors(weights, tiny(), { metadata: { 'dynamic-tuning.config': '{"depth": -1}' } })
    expect(() => loadCheckpointFile(weights)).toThrow(/does not describe a ViT[\s\S]*depth/)
  })

  it('gives equal weights from timm and Hugging Face files', () => {
    const timm = readSafetensors(join(reference, 'token/weights.safetensors'))
    const { tensors, config, classes } = loadCheckpointFile(join(reference, 'token/hf'))
    expect([...tensors.keys()].sort()).toEqual([...timm.keys()].sort())
    for (const [name, tensor] of timm) expect(tensors.get(name)).toEqual(tensor)
    expect(config).toEqual({
      imageSize: [32, 32],
      patchSize: 8,
      embedDim: 32,
      depth: 3,
      numHeads: 4,
      mlpRatio: 4,
      numClasses: 5,
      layerNormEps: 1e-6,
      qkvBias: true,
      globalPool: 'token',
    })
    expect(classes).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2', 'LABEL_3', 'LABEL_4'])
    // A model that averages its tokens has a norm after that instead of the last one.
    const renamed = [...timm].map(([name, tensor]) => [name.replace(/^norm/, 'fc_norm'), tensor] as const)
    writeSafetensors(weights, renamed)
    const average = loadCheckpointFile(weights).config
    expect(average).toMatchObject({
      globalPool: 'avg',
      imageSize: [32, 32],
      depth: 3,
      qkvBias: true,
      numClasses: 5,
    })
  })
})
