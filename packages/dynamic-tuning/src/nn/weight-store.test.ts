import {
  add,
  constant,
  gradients,
  isOnDemand,
  mul,
  printGraph,
  random,
  reduceSum,
  ShapeError,
  type TensorData,
} from '@dynamic-tuning/engine'
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

  describe('with buffers', () => {
    const tensors = new Map([['norm.mean', given([1, 2])]])

    it('makes them inputs in training, whatever patterns match, and constants elsewhere', () => {
      const learning = new WeightStore({ tensors, trainable: [/./] })
      learning.at('norm').get('weight', [2], ones)
      const { value } = learning.at('norm').buffer('mean', [2], zeros)
      expect(value.node).toMatchObject({ op: { name: 'Input' }, attributes: { parameter: false } })
      expect([...learning.trainable.keys()]).toEqual(['norm.weight'])
      expect([...learning.buffers]).toEqual([['norm.mean', value]])
      expect([...learning.shapes.keys()]).toEqual(['norm.weight', 'norm.mean'])
      const start = learning.startBuffers().get('norm.mean')?.data
      expect(start).toEqual(Float32Array.of(1, 2))
      start?.fill(9)
      expect(learning.startBuffers().get('norm.mean')?.data).toEqual(Float32Array.of(1, 2))
      const still = new WeightStore({ tensors })
      const { node } = still.buffer('norm.mean', [2], zeros).value
      expect(node).toMatchObject({ op: { name: 'Constant' }, attributes: { name: 'norm.mean' } })
      expect(still.values()).toEqual(tensors)
      const keep = () => constant(given([0, 0]))
      const kept = new WeightStore({ tensors, keep }).buffer('norm.mean', [2], zeros).value
      expect(kept.node).toMatchObject({ attributes: { name: 'norm.mean' } })
    })

    it('gives each pass what the last one left, and no gradient to the last', () => {
      const store = new WeightStore({ trainable: [/weight/] })
      const weight = store.get('weight', [2], ones)
      const first = store.buffer('mean', [2], zeros)
      first.update(add(first.value, weight))
      const second = store.buffer('mean', [2], zeros)
      expect(second.value).not.toBe(first.value)
      expect(second.value.node.op.name).toBe('StopGradient')
      // As of a loss that does not depend on the weight at all.
      const [slope] = gradients(reduceSum(mul(second.value, 2)), [weight])
      const [none] = gradients(reduceSum(store.buffer('other', [2], zeros).value), [weight])
      expect(printGraph({ slope: slope ?? weight })).toBe(printGraph({ slope: none ?? weight }))
      second.update(add(second.value, weight))
      expect(store.buffers.get('mean')).not.toBe(second.value)
    })

    it('refuses other shapes, kinds and values from nowhere', () => {
      const store = new WeightStore({ trainable: [/weight/] })
      const weight = store.get('weight', [2], ones)
      const mean = store.buffer('mean', [2], zeros)
      expect(() => store.buffer('mean', [3], zeros)).toThrow(/mean is used as \[2\] and as \[3\]/)
      expect(() => store.buffer('weight', [2], zeros)).toThrow(CheckpointError)
      expect(() => store.get('mean', [2], zeros)).toThrow(/mean is used as a weight and as a buffer/)
      expect(() => mean.update(reduceSum(mean.value))).toThrow(
        /buffer mean: float32 \[2\] is to become float32 \[\]/,
      )
      expect(() => mean.update(weight)).toThrow(ShapeError)
      expect(() => mean.update(weight)).toThrow(/buffer mean: its next value does not depend on the last/)
      const only = new WeightStore({ trainable: [/mean/] })
      only.buffer('mean', [2], zeros)
      expect(() => only.trainable).toThrow(/no weight matches .*mean/)
    })
  })
})
