import { describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { GraphError } from '../graph/errors.ts'
import { scalar } from '../graph/scalar.ts'
import { constant, input, parameter, type Tensor } from '../graph/tensor.ts'
import { attention } from '../ops/attention.ts'
import { cast, greater } from '../ops/compare.ts'
import { add, mul, sigmoid } from '../ops/elementwise.ts'
import { straightThrough } from '../ops/gradient-control.ts'
import { layerNormalization } from '../ops/layer-normalization.ts'
import { linear } from '../ops/matrix.ts'
import { reduceSum } from '../ops/reduce.ts'
import { compile } from '../runtime/node.ts'
import { expectAllclose, tensor } from '../testing/index.ts'
import { lower } from './lower.ts'

const kinds = (outputs: Record<string, Tensor>, fused = false): string[] =>
  lower(outputs, { fused }).nodes.map((node) => node.opType)

describe('lower', () => {
  it('emits nothing that no output needs', () => {
    const logits = input('logits', [2])
    const gate = straightThrough(cast(greater(logits, 0), 'float32'), sigmoid(logits))
    expect(kinds({ gate })).toEqual(['Greater', 'Cast', 'Identity'])
    const { initializers } = lower({
      gate: straightThrough(gate, add(gate, constant(tensor([2], [1, 2], 'float32'), 'w'))),
    })
    expect([...initializers.keys()]).not.toContain('w')
  })

  it('stores equal small constants and shared arrays once, each in its own shape and type', async () => {
    const values = Float32Array.of(...Array.from({ length: 20 }, (_, i) => i))
    const flat = constant({ dtype: 'float32', shape: [20], data: values })
    const same = constant({ dtype: 'float32', shape: [20], data: values })
    const table = constant({ dtype: 'float32', shape: [4, 5], data: values })
    const y = add(reduceSum(mul(flat, same)), add(scalar(2), mul(scalar(2), scalar(2))))
    const z = reduceSum(table, { axes: [1] })
    expect(
      [...lower({ y }).initializers.values()].filter(
        (data) => data.shape.length === 1 && data.data.length === 20,
      ),
    ).toHaveLength(1)
    const program = await compile({ y, z })
    const found = await program.run({})
    await program.release()
    expectAllclose(found.y, { shape: [], data: [2470 + 6] })
    expectAllclose(found.z, [10, 35, 60, 85])
  })

  it('keeps bytes and bools of one array apart', async () => {
    const data = Uint8Array.from({ length: 20 }, (_, i) => i % 2)
    const bytes = cast(constant({ dtype: 'uint8', shape: [20], data }), 'float32')
    const bools = cast(constant({ dtype: 'bool', shape: [20], data }), 'float32')
    const program = await compile({ y: add(bytes, bools) })
    const { y } = await program.run({})
    await program.release()
    expectAllclose(
      y,
      Array.from(data, (value) => 2 * value),
    )
  })

  it('gives inputs, weights and outputs their names, whatever inner names would be', async () => {
    const inputs = ['t0', 'n0', 'c0', 't1'].map((name) => input(name, [2]))
    const weight = constant(tensor([2], [1, 2], 'float32'), 't2')
    const sum = inputs.reduce((a, b) => add(mul(a, 1), b), weight)
    const program = await compile({ t3: sum, t4: mul(sum, 2), t2: weight })
    const one = Float32Array.of(1, 1)
    const found = await program.run({ t0: one, n0: one, c0: one, t1: one })
    await program.release()
    expectAllclose(found.t3, [5, 6])
    expectAllclose(found.t4, [10, 12])
    expectAllclose(found.t2, [1, 2])
  })

  it('writes two weights of one name under two', async () => {
    const [a, b] = [1, 2].map((value) => constant(tensor([1], [value], 'float32'), 'w')) as [Tensor, Tensor]
    const program = await compile({ y: add(mul(a, 10), b) })
    const { y } = await program.run({})
    await program.release()
    expectAllclose(y, [12])
  })

  it('refuses two inputs of one name and an output called like an input', () => {
    expect(() => lower({ y: add(input('x', [2]), input('x', [2])) })).toThrow(GraphError)
    expect(() => lower({ y: add(input('x', [2]), input('x', [2])) })).toThrow(/two inputs are called x/)
    expect(() => lower({ w: mul(parameter('w', [2]), 2) })).toThrow(/output w is called like an input/)
  })

  it('names nodes after the place of their weight', () => {
    const weight = parameter('blocks.0.mlp.fc1.weight', [3, 2])
    const { nodes } = lower({ y: linear(input('x', ['B', 2]), weight) })
    expect(nodes[0]?.name).toMatch(/^blocks\.0\.mlp\.fc1\/Gemm/)
  })

  it('uses contributed operators only when asked', () => {
    const x = input('x', [1, 2, 4])
    const y = attention(x, x, x, 2)
    expect(kinds({ y }, true)).toContain('MultiHeadAttention')
    expect(kinds({ y })).not.toContain('MultiHeadAttention')
    expect(lower({ y }).nodes.every((node) => node.domain === '')).toBe(true)
  })

  it('writes the outputs of a normalisation that are read, no more', () => {
    const [x, weight, bias] = [input('x', [2, 4]), parameter('w', [4]), parameter('b', [4])]
    const y = layerNormalization(x, weight, bias, 1e-6)
    const outputsOf = (outputs: Record<string, Tensor>): number | undefined =>
      lower(outputs).nodes.find((node) => node.opType === 'LayerNormalization')?.outputs.length
    expect(outputsOf({ y })).toBe(1)
    const [dWeight] = gradients(reduceSum(mul(y, y)), [weight]) as [Tensor]
    expect(outputsOf({ y, dWeight })).toBe(3)
  })

  it('makes one output of an input, of a constant, and of one tensor twice', async () => {
    const x = input('x', [2])
    const program = await compile({ a: x, b: x, c: constant(tensor([2], [3, 4], 'float32')) })
    const found = await program.run({ x: Float32Array.of(1, 2) })
    await program.release()
    expectAllclose(found.a, [1, 2])
    expectAllclose(found.b, [1, 2])
    expectAllclose(found.c, [3, 4])
  })

  it('keeps metadata', () => {
    expect(lower({ y: input('x', [1]) }, { metadata: { model: 'vit' } }).metadata).toEqual({ model: 'vit' })
  })
})
