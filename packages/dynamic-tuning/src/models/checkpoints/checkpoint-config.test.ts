import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '../../errors.ts'
import { describeOwn, describeTensors, describeTimm } from './checkpoint-config.ts'

const zeros = (...shape: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)),
})

describe('the description of a checkpoint', () => {
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
    const base: [string, TensorData][] = [['patch_embed.proj.weight', zeros(4, 3, 2, 2)]]
    const poolOf = (...more: [string, TensorData][]): unknown =>
      describeTensors(new Map([...base, ...more])).globalPool
    expect(poolOf()).toBe('token')
    expect(poolOf(['head.weight', zeros(3, 4)])).toBe('token')
    expect(poolOf(['head.weight', zeros(3, 8)])).toBe('token+avg')
    expect(poolOf(['head.weight', zeros(3, 4)], ['fc_norm.weight', zeros(4)])).toBe('avg')
  })

  it('tells layer scale, registers and whether the class token has a position', () => {
    const base: [string, TensorData][] = [['patch_embed.proj.weight', zeros(4, 3, 2, 2)]]
    const shown = (rows: number, imageSize?: [number, number], ...more: [string, TensorData][]): unknown => {
      const tensors = new Map([...base, ['pos_embed', zeros(1, rows, 4)], ...more] as [string, TensorData][])
      const told = imageSize && { imageSize }
      const { imageSize: size, noEmbedClass, initValues, regTokens } = describeTensors(tensors, told)
      return [size, noEmbedClass, initValues, regTokens]
    }
    expect(shown(10)).toEqual([[6, 6], undefined, undefined, undefined])
    expect(shown(9)).toEqual([[6, 6], true, undefined, undefined])
    expect(shown(12)).toEqual([undefined, undefined, undefined, undefined])
    expect(shown(12, [6, 8])).toEqual([undefined, true, undefined, undefined])
    expect(shown(13, [6, 8])).toEqual([undefined, undefined, undefined, undefined])
    // Sixteen patches of another image, or fifteen of the one that is told.
    expect(shown(16)).toEqual([[8, 8], true, undefined, undefined])
    expect(shown(16, [6, 10])).toEqual([undefined, undefined, undefined, undefined])
    const more: [string, TensorData][] = [
      ['blocks.0.ls1.gamma', zeros(4)],
      ['reg_token', zeros(1, 4, 4)],
    ]
    expect(shown(9, undefined, ...more)).toEqual([[6, 6], true, 1e-5, 4])
  })

  it('says nothing about tensors that are no ViT', () => {
    const tensor: TensorData = { dtype: 'float32', shape: [3], data: new Float32Array(3) }
    expect(describeTensors(new Map([['fc.bias', tensor]]))).toEqual({})
  })
})
