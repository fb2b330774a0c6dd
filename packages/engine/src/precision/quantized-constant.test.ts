import { describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { ShapeError } from '../graph/errors.ts'
import { constant, parameter, type Tensor } from '../graph/tensor.ts'
import { lower } from '../onnx/lower.ts'
import { dequantize } from '../ops/dequantize.ts'
import { mul } from '../ops/elementwise.ts'
import { linear } from '../ops/matrix.ts'
import { reduceSum } from '../ops/reduce.ts'
import { random } from '../random/random.ts'
import { compile } from '../runtime/node.ts'
import { expectAllclose, tensor } from '../testing/index.ts'
import { quantizedConstant, roundedWeight } from './quantized-constant.ts'

const [rows, inputs, outputs] = [3, 64, 5]
const name = 'blocks.0.mlp.fc1.weight'
const draw = (length: number, key: string): Float32Array =>
  Float32Array.from({ length }, random(2, key).normal)
const weight = { dtype: 'float32', shape: [outputs, inputs], data: draw(outputs * inputs, 'w') } as const

/** sum of (x W^T)^2 and its gradient in x, 2 x W^T W, in double precision. */
function reference(x: Float32Array, w: Float32Array) {
  let loss = 0
  const gradient = new Float64Array(x.length)
  for (let row = 0; row < rows; row++)
    for (let o = 0; o < outputs; o++) {
      let y = 0
      for (let i = 0; i < inputs; i++) y += (x[row * inputs + i] as number) * (w[o * inputs + i] as number)
      loss += y * y
      for (let i = 0; i < inputs; i++) {
        const at = row * inputs + i
        gradient[at] = (gradient[at] as number) + 2 * y * (w[o * inputs + i] as number)
      }
    }
  return { loss, gradient: [...gradient] }
}

describe('a constant kept in few bits', () => {
  for (const precision of ['int8-weights', 'int4-weights'] as const)
    it(`gives values and gradients of the numbers it stands for: ${precision}`, async () => {
      const w = quantizedConstant(weight, precision, name) as Tensor
      const x = parameter('x', [rows, inputs])
      const y = linear(x, w)
      const loss = reduceSum(mul(y, y))
      const [gradient] = gradients(loss, [x]) as [Tensor]
      const outputsOf = { loss, gradient, w }
      const program = await compile(outputsOf, { threads: 1 })
      const data = draw(rows * inputs, 'x')
      const found = await program.run({ x: data })
      const rounded = roundedWeight(weight, precision)
      expectAllclose(found.w, rounded, { rtol: 1e-6, atol: 0 })
      const wanted = reference(data, rounded.data)
      expectAllclose(found.loss, { shape: [], data: [wanted.loss] }, { rtol: 1e-5, atol: 0 })
      expectAllclose(
        found.gradient,
        { shape: [rows, inputs], data: wanted.gradient },
        { rtol: 1e-4, atol: 1e-3 },
      )
      await program.release()
      const { nodes, initializers } = lower({ loss, gradient })
      // Forward and backward pass each convert to float32: no such large tensor stays in memory between them.
      const axes = nodes
        .filter(({ opType }) => opType === 'DequantizeLinear')
        .map((node) => node.attributes.axis)
      expect(axes).toEqual([0, -2])
      expect(nodes.every(({ domain }) => domain === '')).toBe(true)
      const floats = [...initializers.values()].filter(({ dtype }) => dtype === 'float32')
      expect(floats.every(({ data: { length } }) => length < weight.data.length / 8)).toBe(true)
      expect(nodes.find(({ opType }) => opType === 'DequantizeLinear')?.name).toMatch(
        /^blocks\.0\.mlp\.fc1\//,
      )
    })

  it('rounds once: what it stands for stands for itself', () => {
    for (const precision of ['int8-weights', 'int4-weights'] as const) {
      const once = roundedWeight(weight, precision)
      expectAllclose(roundedWeight(once, precision), once, { rtol: 1e-6, atol: 0 })
      expect(once.data).not.toEqual(weight.data)
    }
  })

  it('leaves alone what fits no block', () => {
    const narrow = { dtype: 'float32', shape: [2, 12], data: new Float32Array(24) } as const
    expect(quantizedConstant(narrow, 'int8-weights', 'w')).toBeUndefined()
    expect(roundedWeight(narrow, 'int8-weights')).toBe(narrow)
  })

  it('refuses integers and scales that do not fit', () => {
    const integers = constant(tensor([4, 16], new Array(64).fill(1), 'int8'))
    const scales = (count: number) => constant(tensor([count], new Array(count).fill(1), 'float32'))
    const kept = { bits: 8, block: 16, shape: [2, 32] } as const
    expect(dequantize(integers, scales(4), kept).shape).toEqual([2, 32])
    expect(() => dequantize(integers, scales(3), kept)).toThrow(ShapeError)
    expect(() => dequantize(integers, scales(4), { ...kept, bits: 4 })).toThrow(/4 bits need uint8/)
  })
})
