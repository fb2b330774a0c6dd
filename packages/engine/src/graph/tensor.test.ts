import { describe, expect, it } from 'vitest'
import { add, mul } from '../ops/elementwise.ts'
import { linear } from '../ops/matrix.ts'
import { reshape } from '../ops/shape.ts'
import { tensor } from '../testing/index.ts'
import { DTypeError, ShapeError } from './errors.ts'
import { printGraph } from './print.ts'
import { constant, input, parameter } from './tensor.ts'
import { topologicalOrder } from './walk.ts'

describe('a graph', () => {
  const weight = parameter('blocks.0.mlp.fc1.weight', [3, 4])
  const bias = constant(tensor([3], [1, 2, 3], 'float32'), 'blocks.0.mlp.fc1.bias')

  it('prints a line per node, with names, types and places', () => {
    const hidden = linear(input('x', ['B', 4]), weight, bias)
    expect(printGraph({ y: mul(hidden, hidden) }).split('\n')).toEqual([
      'x = Input() : float32 [B, 4]',
      'blocks.0.mlp.fc1.weight = Input() : float32 [3, 4]',
      'blocks.0.mlp.fc1.bias = Constant() : float32 [3]',
      '%3 = Gemm(x, blocks.0.mlp.fc1.weight, blocks.0.mlp.fc1.bias) : float32 [B, 3]  # blocks.0.mlp.fc1',
      '%4 = Mul(%3, %3) : float32 [B, 3]  # blocks.0.mlp.fc1',
      'return y = %4',
    ])
  })

  it('is walked inputs first, every node once, however deep', () => {
    const x = input('x', [2])
    let y = x
    for (let i = 0; i < 20_000; i++) y = add(y, x)
    const order = topologicalOrder([y, x])
    expect(order).toHaveLength(20_001)
    expect(order[0]).toBe(x.node)
    expect(order.at(-1)).toBe(y.node)
    const seen = new Set()
    for (const node of order) {
      for (const { node: source } of node.inputs) expect(seen.has(source)).toBe(true)
      seen.add(node)
    }
  })

  it('tells the place of an error downstream of a weight, once', () => {
    const y = add(linear(input('x', ['B', 4]), weight, bias), 1)
    expect(() => add(y, input('z', [5]))).toThrow(/\(at blocks\.0\.mlp\.fc1\)$/)
    expect(() => reshape(reshape(y, ['3*B']), ['A', 'C'])).toThrow(/\(at blocks\.0\.mlp\.fc1\)$/)
    const wide = parameter('blocks.1.attn.rel', [2, 3])
    expect(() => reshape(add(input('x', ['A*B', 2, 3]), wide), ['A', 'B', 6])).toThrow(
      /two unknown.*\(at blocks\.1\.attn\)$/,
    )
  })

  it('refuses constants whose elements do not fit shape or type', () => {
    expect(() => constant(tensor([2], [1, 2]), 'w')).not.toThrow()
    const data = new Float32Array(3)
    expect(() => constant({ dtype: 'float32', shape: [2, 2], data }, 'w')).toThrow(ShapeError)
    expect(() => constant({ dtype: 'float32', shape: [2, 2], data }, 'w')).toThrow(
      /constant w: 3 elements for shape \[2, 2\]/,
    )
    expect(() => constant({ dtype: 'float64', shape: [3], data: data as unknown as Float64Array })).toThrow(
      DTypeError,
    )
    expect(() => constant({ dtype: 'int32', shape: [3], data: data as unknown as Int32Array })).toThrow(
      DTypeError,
    )
  })
})
