import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TensorData } from '@dynamic-tuning/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../io/safetensors-writer.ts'
import { modelShapes } from '../models/build-model.ts'
import { modelOf } from '../models/model.ts'
import { plainSwin } from '../models/swin/plain-swin.test.support.ts'
import { swinLayers, swinStages } from '../models/swin/swin-config.ts'
import { noise, type Rows, randomValues } from '../nn/plain.test.support.ts'
import { swinFields, swinOf } from './kinds/swin.ts'
import { allReferences, extra, reference } from './reference.test.support.ts'
import { verifyFixture } from './verify.ts'

const temp = mkdtempSync(join(tmpdir(), 'swin-twin-'))
afterAll(() => rmSync(temp, { recursive: true }))

/** Unlike the references in every number, and not square. */
const settings = {
  kind: 'swin',
  in_chans: 3,
  img_size: [18, 36],
  patch_size: 3,
  embed_dim: 6,
  depths: [2, 3],
  num_heads: [3, 2],
  window_size: 3,
  mlp_ratio: 2.5,
  num_classes: 6,
  qkv_bias: false,
  layer_norm_eps: 1e-3,
  activation: 'gelu_erf',
}
const count = 2

/** A fixture whose expectations come from plain loops. */
function twin(change: Partial<typeof settings> = {}): string {
  const folder = mkdtempSync(join(temp, 'twin-'))
  const json = { ...settings, ...change }
  const config = swinOf(swinFields.parse(json))
  const values = randomValues(modelShapes(modelOf(config)), 2)
  const images = noise(count * 3 * config.imageSize[0] * config.imageSize[1], 3)
  const size = images.length / count
  const plain = Array.from({ length: count }, (_, b) =>
    plainSwin(images.subarray(b * size, (b + 1) * size), values, config),
  )
  const stages = swinStages(config)
  const tensor = (
    of: (each: (typeof plain)[0]) => number[] | Rows,
    shape: readonly number[],
  ): TensorData => ({
    dtype: 'float32',
    shape: [count, ...shape],
    data: Float32Array.from(plain.flatMap((each) => of(each).flat())),
  })
  const onGrid = (stage: number) => [...(stages[stage]?.grid ?? []), stages[stage]?.width ?? 0]
  const last = stages.length - 1
  const expected = new Map<string, TensorData>([
    ['patch_embed', tensor((each) => each.patchEmbed, onGrid(0))],
    ['norm', tensor((each) => each.features, onGrid(last))],
    ['pooled', tensor((each) => each.pooled, [stages[last]?.width ?? 0])],
    ['logits', tensor((each) => each.logits, [config.numClasses])],
  ])
  for (const [i, { path }] of swinLayers(config).entries())
    expected.set(
      path,
      tensor((each) => each.blocks[i] as Rows, onGrid(Number(path.split('.')[1]))),
    )
  for (let stage = 1; stage <= last; stage++)
    expected.set(
      `layers.${stage}.downsample`,
      tensor((each) => each.downsamples[stage - 1] as Rows, onGrid(stage)),
    )
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json))
  writeFileSync(
    join(folder, 'expected.json'),
    JSON.stringify({ tolerances: { '*': { abs: 2e-5, rel_to_tensor_max: 2e-5 } } }),
  )
  writeSafetensors(join(folder, 'weights.safetensors'), values)
  const shape = [count, 3, ...config.imageSize]
  writeSafetensors(join(folder, 'inputs.safetensors'), [
    ['images', { dtype: 'float32', shape, data: images }],
  ])
  writeSafetensors(join(folder, 'expected.safetensors'), expected)
  return folder
}

describe('a Swin fixture', () => {
  it.each([
    ['not square', {}],
    [
      'three stages, the last in one window',
      { img_size: [24, 24], patch_size: 2, depths: [1, 2, 2], num_heads: [1, 2, 3] },
    ],
  ] as const)('of other sizes agrees with plain loops: %s', async (_name, change) => {
    const report = await verifyFixture(twin(change as Partial<typeof settings>), { threads: 1 })
    expect(report.tensors.filter(({ pass }) => !pass)).toEqual([])
    expect(report.pass).toBe(true)
  })

  it('fails where a setting is another', async () => {
    const folder = twin()
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, layer_norm_eps: 1e-5 }))
    expect((await verifyFixture(folder, { threads: 1 })).pass).toBe(false)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, activation: 'relu' }))
    await expect(verifyFixture(folder)).rejects.toThrow(/activation/)
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, window_size: 1 }))
    await expect(verifyFixture(folder)).rejects.toThrow(/relative_position_bias_table/)
  })

  it.each([
    ['swin/three-stage', 13, reference],
    ...extra<[string, number, string]>(['swin', 10, allReferences]),
  ])('of the references agrees: %s', async (name, tensors, home) => {
    const report = await verifyFixture(join(home, name), { threads: 1 })
    expect(report).toMatchObject({ pass: true })
    expect(report.tensors).toHaveLength(tensors)
  })
})
