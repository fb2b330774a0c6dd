import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.ts'
import { describeHuggingFace, describeOwn, describeTensors, describeTimm } from './checkpoint-config.ts'

describe('the description of a checkpoint', () => {
  it('has the defaults of ViTConfig where a Hugging Face file is silent', () => {
    expect(describeHuggingFace('config.json', { model_type: 'vit' })).toEqual({
      config: {
        imageSize: [224, 224],
        patchSize: 16,
        embedDim: 768,
        depth: 12,
        numHeads: 12,
        mlpRatio: 4,
        layerNormEps: 1e-12,
        qkvBias: true,
        globalPool: 'token',
      },
    })
  })

  it('reads sizes that are not square, and classes in the order of their index', () => {
    const { config, classes } = describeHuggingFace('config.json', {
      model_type: 'vit',
      image_size: [96, 192],
      patch_size: [8, 8],
      hidden_size: 48,
      intermediate_size: 120,
      id2label: {
        1: 'dog',
        0: 'cat',
        10: 'k',
        ...Object.fromEntries([2, 3, 4, 5, 6, 7, 8, 9].map((i) => [i, `c${i}`])),
      },
    })
    expect(config).toMatchObject({ imageSize: [96, 192], patchSize: 8, mlpRatio: 2.5, numClasses: 11 })
    expect(classes).toEqual(['cat', 'dog', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9', 'k'])
    const oblong = (): unknown =>
      describeHuggingFace('config.json', { model_type: 'vit', patch_size: [8, 16] })
    expect(oblong).toThrow(/patches in config\.json are not square, got 8 x 16/)
  })

  it("takes the name before the tag, and the pre-training's sizes where timm's file has no other", () => {
    const cfg = { input_size: [3, 384, 384], num_classes: 1000 }
    const json = {
      architecture: 'vit_base_patch16_384.augreg_in21k',
      global_pool: 'map',
      pretrained_cfg: cfg,
    }
    expect(describeTimm('config.json', json)).toEqual({
      config: { model: 'vit_base_patch16_384', numClasses: 1000, imageSize: [384, 384] },
    })
  })

  it('keeps unknown settings of our own files and refuses known ones of a wrong type', () => {
    expect(describeOwn('w', { imageSize: 64, dropPath: 0.1 })).toEqual({ imageSize: [64, 64], dropPath: 0.1 })
    expect(() => describeOwn('w.safetensors', { depth: 'three' })).toThrow(CheckpointError)
    expect(() => describeOwn('w.safetensors', { depth: 'three' })).toThrow(
      /w\.safetensors does not[\s\S]*depth/,
    )
  })

  it('tells the kind of pooling by the head and the last norm', () => {
    const zeros = (...shape: number[]): TensorData => ({
      dtype: 'float32',
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b)),
    })
    const base: [string, TensorData][] = [['patch_embed.proj.weight', zeros(4, 3, 2, 2)]]
    const poolOf = (...more: [string, TensorData][]): unknown =>
      describeTensors(new Map([...base, ...more])).globalPool
    expect(poolOf()).toBe('token')
    expect(poolOf(['head.weight', zeros(3, 4)])).toBe('token')
    expect(poolOf(['head.weight', zeros(3, 8)])).toBe('token+avg')
    expect(poolOf(['head.weight', zeros(3, 4)], ['fc_norm.weight', zeros(4)])).toBe('avg')
  })

  it('says nothing about tensors that are no ViT', () => {
    const tensor: TensorData = { dtype: 'float32', shape: [3], data: new Float32Array(3) }
    expect(describeTensors(new Map([['fc.bias', tensor]]))).toEqual({})
  })
})
