import { compile, gradients, input, mul, reduceSum } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { noise, randomValues, type Values } from '../../nn/plain.test.support.ts'
import { WeightStore } from '../../nn/weight-store.ts'
import { buildModel, modelShapes } from '../build-model.ts'
import { modelOf } from '../model.ts'
import type { VitModelConfig } from '../model-config.ts'
import { tiny } from '../tiny.test.support.ts'
import { plainVit } from './plain-vit.test.support.ts'

const step = 1e-5

/** Sum of the logits times `direction`, in plain loops, with element `index` of a weight moved by `by`. */
function moved(
  values: Values,
  name: string,
  index: number,
  by: number,
  loss: (at: Values) => number,
): number {
  const weight = values.get(name)
  if (!weight) throw new Error(`no weight ${name}`)
  const data = Float64Array.from(weight.data as Float32Array)
  data[index] = (data[index] as number) + by
  return loss(new Map([...values, [name, { dtype: 'float64', shape: weight.shape, data }]]))
}

describe('gradients of a ViT with layer scale, registers and biases for distances', () => {
  const config: VitModelConfig = { ...tiny, initValues: 0.1, regTokens: 2, relativePositionBias: true }
  const values = randomValues(modelShapes(modelOf(config)), 3)
  const images = noise(3 * 8 * 12, 4)
  const direction = noise(config.numClasses, 5)
  const plainLoss = (at: Values): number =>
    plainVit(images, at, config).logits.reduce((sum, logit, i) => sum + logit * (direction[i] as number), 0)

  it.each([
    'blocks.0.ls1.gamma',
    'blocks.0.ls2.gamma',
    'blocks.1.ls1.gamma',
    'blocks.1.ls2.gamma',
    'blocks.0.attn.relative_position_bias_table',
    'blocks.1.attn.relative_position_bias_table',
    'cls_token',
    'reg_token',
    'pos_embed',
  ])('reach %s as differences say', async (name) => {
    const store = new WeightStore({ tensors: values, trainable: [new RegExp(`^${name}$`)] })
    const { logits } = buildModel(input('images', ['B', 3, 8, 12]), store, modelOf(config)).outputs
    const loss = reduceSum(mul(logits, input('direction', ['B', config.numClasses])))
    const [slope] = gradients(loss, [...store.trainable.values()])
    const program = await compile({ slope: slope as typeof loss }, { threads: 1 })
    const { slope: found } = await program.run({
      images,
      direction,
      ...Object.fromEntries(store.startValues()),
    })
    await program.release()
    const got = [...(found.data as Float32Array)]
    const wanted = got.map((_, i) => {
      const change = moved(values, name, i, step, plainLoss) - moved(values, name, i, -step, plainLoss)
      return change / (2 * step)
    })
    const scale = Math.max(...wanted.map(Math.abs))
    expect(scale).toBeGreaterThan(1e-2)
    for (const [i, value] of got.entries())
      expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-4 * scale)
  })
})
