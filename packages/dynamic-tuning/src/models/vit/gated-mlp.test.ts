import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../errors.ts'
import { refuseGatedMlps } from './gated-mlp.ts'

const zeros = (...shape: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)),
})
const check = (tensors: Record<string, TensorData>) => () =>
  refuseGatedMlps('giant.safetensors', new Map(Object.entries(tensors)))

describe('gated MLPs', () => {
  it.each<[string, Record<string, TensorData>]>([
    ['Hugging Face', { 'encoder.layer.0.mlp.weights_in.weight': zeros(16, 4) }],
    ["DINOv2's own file", { 'blocks.0.mlp.w12.weight': zeros(16, 4), 'blocks.0.mlp.w3.weight': zeros(4, 8) }],
    ['timm, packed', { 'blocks.0.mlp.fc1.weight': zeros(16, 4), 'blocks.0.mlp.fc2.weight': zeros(4, 8) }],
    ['timm, not packed', { 'blocks.0.mlp.fc1_g.weight': zeros(8, 4) }],
  ])('are refused: %s', (_, tensors) => {
    expect(check(tensors)).toThrow(ConfigError)
    expect(check(tensors)).toThrow(
      'giant.safetensors: its MLPs are gated (SwiGLU), which this library cannot run. Use a small, base or large model.',
    )
  })

  it('are not seen in plain MLPs, nor in halves of them', () => {
    const plain = { 'blocks.0.mlp.fc1.weight': zeros(16, 4), 'blocks.0.mlp.fc2.weight': zeros(4, 16) }
    expect(check(plain)).not.toThrow()
    expect(check({ 'blocks.0.mlp.fc1.weight': zeros(16, 4) })).not.toThrow()
  })
})
