import type { TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { randomValues } from '../../nn/plain.test.support.ts'
import { modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import { tiny } from '../tiny.test.support.ts'
import { fromOriginalNames } from './original-names.ts'

const timm: Map<string, TensorData> = randomValues(
  modelShapes(modelOf({ ...tiny, depth: 12, initValues: 1, regTokens: 4 })),
  1,
)
const renamed = (rename: (name: string) => string): Map<string, TensorData> =>
  new Map([...timm].map(([name, tensor]) => [rename(name), tensor]))

describe("the authors' own names", () => {
  it.each<[string, (name: string) => string]>([
    ["timm's, which stay", (name) => name],
    ["DINOv2's", (name) => name.replace('reg_token', 'register_tokens')],
    [
      "DINOv2's in chunks of four blocks",
      (name) =>
        name
          .replace('reg_token', 'register_tokens')
          .replace(/^blocks\.(\d+)/, (_, index) => `blocks.${Math.floor(Number(index) / 4)}.${index}`),
    ],
    ["DeiT-3's", (name) => name.replace(/ls(\d)\.gamma/, 'gamma_$1')],
  ])('become timm names: %s', (_, rename) => {
    expect(fromOriginalNames(renamed(rename))).toEqual(timm)
  })

  it('lose the mask token, keep what nobody knows and what is there twice', () => {
    const tensors = renamed((name) => name)
    const other: TensorData = { dtype: 'float32', shape: [1], data: Float32Array.of(7) }
    for (const name of ['mask_token', 'register_tokens', 'blocks.0.gamma_3', 'dino_head.weight'])
      tensors.set(name, other)
    const kept = fromOriginalNames(tensors)
    expect([...kept].filter(([name]) => !timm.has(name))).toEqual([
      ['register_tokens', other],
      ['blocks.0.gamma_3', other],
      ['dino_head.weight', other],
    ])
    expect(kept.get('reg_token')).toBe(timm.get('reg_token'))
  })
})
