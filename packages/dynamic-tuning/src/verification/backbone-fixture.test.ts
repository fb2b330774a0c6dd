import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { backboneBatch, openBackboneFixture } from './backbone-fixture.ts'
import { openFixture } from './fixture.ts'
import { reference as home } from './reference.test.support.ts'

const reference = join(home, 'peft')
const temp = mkdtempSync(join(tmpdir(), 'backbone-fixture-'))
afterAll(() => rmSync(temp, { recursive: true }))

const backbone = {
  img_size: [8, 12],
  patch_size: 4,
  in_chans: 3,
  embed_dim: 8,
  depth: 2,
  num_heads: 2,
  mlp_ratio: 2,
  num_classes: 3,
  qkv_bias: false,
  layer_norm_eps: 1e-5,
  weights: 'base.safetensors',
}
const one = (value: number) => ({ dtype: 'float32', shape: [1], data: Float32Array.of(value) }) as const

function folderWith(config: object): string {
  const folder = mkdtempSync(join(temp, 'fixture-'))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  writeSafetensors(
    join(folder, 'base.safetensors'),
    new Map([
      ['a', one(1)],
      ['b', one(2)],
    ]),
  )
  writeSafetensors(
    join(folder, 'weights.safetensors'),
    new Map([
      ['b', one(3)],
      ['c', one(4)],
    ]),
  )
  writeSafetensors(join(folder, 'expected.safetensors'), new Map([['loss', one(5)]]))
  writeSafetensors(join(folder, 'inputs.safetensors'), new Map([['images', one(6)]]))
  return folder
}

describe('openBackboneFixture', () => {
  it("reads the backbone first and the folder's own weights over it", () => {
    const folder = folderWith({ method: 'x', backbone, hyper_parameters: { rank: 2 } })
    const opened = openBackboneFixture(openFixture(folder))
    expect([...opened.tensors].map(([name, { data }]) => [name, data[0]])).toEqual([
      ['a', 1],
      ['b', 3],
      ['c', 4],
    ])
    expect([...opened.own]).toEqual(['b', 'c'])
    expect(opened).toMatchObject({ method: 'x', hyperParameters: { rank: 2 } })
    expect(opened.config).toMatchObject({ imageSize: [8, 12], layerNormEps: 1e-5, qkvBias: false })
  })

  it('refuses what it cannot run, and weights that are not there', () => {
    const open = (changes: object) => () =>
      openBackboneFixture(openFixture(folderWith({ method: 'x', backbone: { ...backbone, ...changes } })))
    expect(open({ activation: 'gelu (tanh)' })).toThrow(ConfigError)
    expect(open({ activation: 'gelu (tanh)' })).toThrow(/backbone\.activation/)
    expect(open({ depth: undefined })).toThrow(/backbone\.depth/)
    expect(open({ num_heads: 3 })).toThrow(/3 heads do not divide 8/)
    expect(open({ weights: 'other.safetensors' })).toThrow(CheckpointError)
  })
})

describe('openBackboneFixture on the references', () => {
  it('finds the shared backbone, inputs and limits', () => {
    const opened = openBackboneFixture(openFixture(join(reference, 'lora')))
    expect(opened.tensors.has('blocks.2.mlp.fc2.weight')).toBe(true)
    expect(opened.own.has('blocks.2.attn.lora_v.up.weight')).toBe(true)
    expect(opened.own.has('pos_embed')).toBe(false)
    const { images, targets, size } = backboneBatch(opened)
    expect([images.length, targets.targets?.data.length, size]).toEqual([4 * 3 * 32 * 32, 4 * 5, 4])
    expect(opened.fixture.tolerances.get('*grad.*')).toEqual({ abs: 0, rel_to_tensor_max: 2e-4 })
  })

  it('takes the backbone alone where a method has no weights', () => {
    const opened = openBackboneFixture(openFixture(join(reference, 'tome')))
    expect(opened.own.size).toBe(0)
    expect(opened.tensors.size).toBeGreaterThan(40)
  })
})
