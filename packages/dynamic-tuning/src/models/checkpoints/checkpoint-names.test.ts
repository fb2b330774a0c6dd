import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../errors.ts'
import { randomValues } from '../../nn/plain.test.support.ts'
import { modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import { tiny } from '../tiny.test.support.ts'
import { toDinov2Names } from '../vit/dinov2-names.test.support.ts'
import { fromHuggingFaceNames, hasHuggingFaceNames } from './checkpoint-names.ts'

const float = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

/** One layer, one tensor per name, each with a value of its own; `rename` turns it into another naming. */
function weights(rename: (name: string) => string = (name) => name): Map<string, TensorData> {
  const at = 'encoder.layer.10.'
  const names = [
    'embeddings.cls_token',
    'embeddings.position_embeddings',
    'embeddings.patch_embeddings.projection.weight',
    'embeddings.patch_embeddings.projection.bias',
    ...[
      'layernorm_before',
      'layernorm_after',
      'attention.output.dense',
      'intermediate.dense',
      'output.dense',
    ].flatMap((part) => [`${at}${part}.weight`, `${at}${part}.bias`]),
    'layernorm.weight',
    'layernorm.bias',
    'classifier.weight',
    'classifier.bias',
  ]
  const tensors = new Map(names.map((name, i) => [rename(name), float([1], i)]))
  for (const [i, part] of ['value', 'query', 'key'].entries()) {
    tensors.set(rename(`${at}attention.attention.${part}.weight`), float([2, 2], i, i, i, i + 0.5))
    tensors.set(rename(`${at}attention.attention.${part}.bias`), float([2], -i, i))
  }
  return tensors
}

const expected = new Map([
  ...[
    'cls_token',
    'pos_embed',
    'patch_embed.proj.weight',
    'patch_embed.proj.bias',
    ...['norm1', 'norm2', 'attn.proj', 'mlp.fc1', 'mlp.fc2'].flatMap((part) => [
      `blocks.10.${part}.weight`,
      `blocks.10.${part}.bias`,
    ]),
    'norm.weight',
    'norm.bias',
    'head.weight',
    'head.bias',
  ].map((name, i): [string, TensorData] => [name, float([1], i)]),
  ['blocks.10.attn.qkv.weight', float([6, 2], 1, 1, 1, 1.5, 2, 2, 2, 2.5, 0, 0, 0, 0.5)],
  ['blocks.10.attn.qkv.bias', float([6], -1, 1, -2, 2, -0, 0)],
])

const modern = (name: string): string =>
  name
    .replace('encoder.layer.', 'layers.')
    .replace('attention.attention.query', 'attention.q_proj')
    .replace('attention.attention.key', 'attention.k_proj')
    .replace('attention.attention.value', 'attention.v_proj')
    .replace('attention.output.dense', 'attention.o_proj')
    .replace('intermediate.dense', 'mlp.fc1')
    .replace('output.dense', 'mlp.fc2')

describe('Hugging Face names', () => {
  it.each<[string, (name: string) => string]>([
    ['a classifier', (name) => (name.startsWith('classifier') ? name : `vit.${name}`)],
    ['a bare ViTModel', (name) => name],
    ['transformers 5', (name) => (name.startsWith('classifier') ? name : `vit.${modern(name)}`)],
  ])('become timm names: %s', (_, rename) => {
    const tensors = weights(rename)
    expect(hasHuggingFaceNames(tensors.keys())).toBe(true)
    expect(fromHuggingFaceNames(tensors)).toEqual(expected)
  })

  it('lose pooler and mask token, keep what nobody knows', () => {
    const tensors = weights()
    for (const name of ['pooler.dense.weight', 'embeddings.mask_token', 'vit.pooler.dense.bias']) {
      tensors.set(name, float([1], 7))
    }
    tensors.set('vit.encoder.layer.0.extra.weight', float([1], 8))
    const kept = fromHuggingFaceNames(tensors)
    expect([...kept.keys()].filter((name) => !expected.has(name))).toEqual([
      'vit.encoder.layer.0.extra.weight',
    ])
  })

  it('may lack the biases of query, key and value together, but not one of them', () => {
    const tensors = weights()
    const bias = (part: string): string => `encoder.layer.10.attention.attention.${part}.bias`
    tensors.delete(bias('key'))
    expect(() => fromHuggingFaceNames(tensors)).toThrow(CheckpointError)
    expect(() => fromHuggingFaceNames(tensors)).toThrow(/"blocks\.10\.attn\.qkv\.bias" lacks its key rows/)
    tensors.delete(bias('query'))
    tensors.delete(bias('value'))
    expect(fromHuggingFaceNames(tensors).has('blocks.10.attn.qkv.bias')).toBe(false)
    tensors.set('encoder.layer.10.attention.attention.key.weight', float([2, 1], 1, 2))
    expect(() => fromHuggingFaceNames(tensors)).toThrow(/differ, got float32 \[2, 2\], float32 \[2, 1\]/)
  })

  it.each<[string, string, (name: string) => string]>([
    ['Dinov2Model', '', (name) => name],
    ['Dinov2ForImageClassification', 'dinov2.', (name) => name],
    ['Dinov2WithRegistersForImageClassification', 'dinov2_with_registers.', (name) => name],
    ['DINOv2 as transformers 5 may write it', 'dinov2.', modern],
  ])('become timm names: %s', (_, place, rename) => {
    const config = { ...tiny, initValues: 1, regTokens: 4 }
    const timm: Map<string, TensorData> = randomValues(modelShapes(modelOf(config)), 1)
    const at = (name: string): string => (name.startsWith('classifier') ? name : `${place}${rename(name)}`)
    const tensors = toDinov2Names(timm)
    const stored = new Map([...tensors].map(([name, tensor]) => [at(name), tensor]))
    stored.set(`${place}embeddings.mask_token`, float([1], 7))
    expect(hasHuggingFaceNames(stored.keys())).toBe(true)
    expect(fromHuggingFaceNames(stored)).toEqual(timm)
  })

  it('keep what no DINOv2 has', () => {
    const strange = [
      'norm1.lambda1',
      'layer_scale3.lambda1',
      'attention.attention.query.lambda1',
      'mlp.weights_in.bias',
    ]
    const names = strange.map((part) => `encoder.layer.0.${part}`)
    const kept = fromHuggingFaceNames(new Map(names.map((name) => [name, float([1], 1)])))
    expect([...kept.keys()]).toEqual(names)
  })

  it('are told from those of timm', () => {
    expect(hasHuggingFaceNames(expected.keys())).toBe(false)
  })
})
