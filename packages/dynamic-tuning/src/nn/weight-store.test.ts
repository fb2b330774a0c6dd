import { isOnDemand, random, type TensorData } from '@dynamic-tuning/engine'
import { describe, expect, it } from 'vitest'
import { CheckpointError, ConfigError } from '../errors.ts'
import { ones, truncatedNormal, zeros } from './initializers.ts'
import { WeightStore } from './weight-store.ts'

const normal = truncatedNormal(0.02)
const given = (values: number[], shape = [values.length]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

describe('WeightStore', () => {
  it('hands out one tensor per name, however it is reached', () => {
    const store = new WeightStore()
    const first = store.get('blocks.0.norm.weight', [4], ones)
    expect(store.at('blocks.0').at('norm').get('weight', [4], zeros)).toBe(first)
    expect(store.values()).toEqual(new Map([['blocks.0.norm.weight', given([1, 1, 1, 1])]]))
    expect(() => store.get('blocks.0.norm.weight', [5], ones)).toThrow(CheckpointError)
  })

  it('draws the same values in any order, others for another seed or name', () => {
    const draw = (seed: number, names: string[]) => {
      const store = new WeightStore({ seed })
      for (const name of names) store.get(name, [3, 5], normal)
      return store.values()
    }
    const [there, back] = [draw(1, ['a', 'b']), draw(1, ['b', 'a'])]
    expect(there.get('a')).toEqual(back.get('a'))
    expect(there.get('b')).toEqual(back.get('b'))
    expect(there.get('a')?.data).not.toEqual(there.get('b')?.data)
    expect(draw(2, ['a']).get('a')?.data).not.toEqual(there.get('a')?.data)
  })

  it('draws large weights again instead of keeping them', () => {
    const store = new WeightStore({ seed: 1 })
    for (const name of ['a', 'b']) store.get(name, [512, 512], normal)
    const [a, b] = ['a', 'b'].map((name) => store.values().get(name) as TensorData) as [
      TensorData,
      TensorData,
    ]
    expect(isOnDemand(a)).toBe(true)
    const first = Float32Array.from(a.data as Float32Array)
    expect(b.data).not.toEqual(first)
    expect(a.data).toEqual(first)
    const expected = random(1, 'weights', 'a')
    expect(a.data.subarray(0, 3)).toEqual(Float32Array.from({ length: 3 }, () => expected.normal() * 0.02))
  })

  it('starts training from copies of the known values', () => {
    const tensors = new Map([['head.bias', given([1, 2])]])
    const store = new WeightStore({ tensors, trainable: [/^head/] })
    store.get('head.bias', [2], zeros)
    store.get('body.bias', [1], zeros)
    const start = store.startValues()
    expect([...start.keys()]).toEqual(['head.bias'])
    const data = start.get('head.bias')?.data as Float32Array
    expect([...data]).toEqual([1, 2])
    data[0] = 9
    expect(store.startValues().get('head.bias')?.data[0]).toBe(1)
    expect(tensors.get('head.bias')?.data[0]).toBe(1)
  })

  it('makes trained weights inputs, and needs no values for them', () => {
    const store = new WeightStore({ trainable: [/./] })
    const drawnNever = () => {
      throw new Error('drawn')
    }
    expect(store.get('huge.weight', [100000, 100000], drawnNever).node.op.name).toBe('Input')
    expect(store.shapes).toEqual(new Map([['huge.weight', [100000, 100000]]]))
  })

  it('refuses patterns that match nothing, and values that do not fit', () => {
    const store = new WeightStore({ trainable: [/^head/, /lora/] })
    store.get('head.bias', [2], zeros)
    expect(() => store.trainable).toThrow(ConfigError)
    expect(() => store.trainable).toThrow('/lora/')
    const bad = (tensor: TensorData) => () =>
      new WeightStore({ tensors: new Map([['w', tensor]]) }).get('w', [2], zeros)
    expect(bad(given([1, 2, 3]))).toThrow(/w is float32 \[3\], the model wants float32 \[2\]/)
    expect(bad({ dtype: 'int64', shape: [2], data: new BigInt64Array(2) })).toThrow(CheckpointError)
  })
})
