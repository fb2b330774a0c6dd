import { describe, expect, it } from 'vitest'
import { input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { checkOperator, drawn, elementwise } from '../testing/index.ts'
import { delayed } from './delayed.ts'
import { exp } from './elementwise.ts'

describe('delayed', () => {
  it.each([
    ['numbers', [3, 4], ['B', 4]],
    ['no rows', [0, 4], ['B', 4]],
    ['one number', [], []],
  ])('hands on %s', async (_what, sizes, shape) => {
    const x = input('x', shape)
    const program = await compile({ y: delayed(x, exp(x)) })
    const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => i)
    const { y } = await program.run({ x: { dtype: 'float32', shape: sizes, data } })
    expect([y?.shape, y?.data]).toEqual([sizes, data])
    await program.release()
  })

  it('passes the gradient to what it hands on', () =>
    checkOperator(
      (x, other) => delayed(x as Tensor, other as Tensor),
      [drawn([2, 3], 'x'), drawn([5], 'other')],
      (x) => elementwise((value) => value, x as never),
    ))
})
