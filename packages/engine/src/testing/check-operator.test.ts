import { describe, expect, it } from 'vitest'
import { apply, type Operator, type Tensor } from '../graph/tensor.ts'
import { add, mul } from '../ops/elementwise.ts'
import { expectAllclose } from './allclose.ts'
import { checkOperator } from './check-operator.ts'
import { drawn, elementwise, type Plain, tensor } from './plain.ts'

/** exp with a given gradient rule. */
function withRule(vjp: NonNullable<Operator['vjp']>): (x: Tensor | undefined) => Tensor {
  const op: Operator = { name: 'Exp', infer: ([x]) => [x as Tensor], vjp }
  return (x) => apply(op, [x as Tensor], {})[0] as Tensor
}
const reference = (x: Plain | undefined): Plain => elementwise(Math.exp, x as Plain)
const inputs = [drawn([2, 3])]

describe('checkOperator', () => {
  it('accepts the right rule', () =>
    checkOperator(
      withRule((_x, [y], [dy]) => [mul(y as Tensor, dy as Tensor)]),
      inputs,
      reference,
    ))

  it.each<[string, NonNullable<Operator['vjp']>]>([
    ['off by a millionth part', (_x, [y], [dy]) => [mul(mul(y as Tensor, dy as Tensor), 1 + 4e-6)]],
    ['absent', () => [null]],
    ['not linear in dy', (_x, [y], [dy]) => [add(mul(y as Tensor, dy as Tensor), 1e-3)]],
    ['of another sign', (_x, [y], [dy]) => [mul(mul(y as Tensor, dy as Tensor), -1)]],
  ])('notices a gradient that is %s', async (_name, rule) => {
    await expect(checkOperator(withRule(rule), inputs, reference)).rejects.toThrow(/allclose/)
  })

  it('notices wrong values, shapes and numbers of outputs', async () => {
    const build = withRule((_x, [y], [dy]) => [mul(y as Tensor, dy as Tensor)])
    const wrong = (x: Plain | undefined): Plain => elementwise((v) => Math.exp(v) + 1e-9, x as Plain)
    await expect(checkOperator(build, inputs, wrong)).rejects.toThrow(/element \d is/)
    const flat = (x: Plain | undefined): Plain => ({ ...reference(x), shape: [6] })
    await expect(checkOperator(build, inputs, flat)).rejects.toThrow(/shape \[2,3\].*expected \[6\]/)
    await expect(
      checkOperator(build, inputs, (x) => [reference(x as Plain), reference(x as Plain)]),
    ).rejects.toThrow(/reference: 2 outputs for 1/)
  })

  it('notices a straight-through gradient that is not the soft one', async () => {
    const build = withRule((_x, [y], [dy]) => [mul(y as Tensor, dy as Tensor)])
    const gradient = (x: Tensor | undefined): Tensor => mul(x as Tensor, 2)
    await expect(checkOperator(build, inputs, reference, { gradient })).rejects.toThrow(/allclose/)
  })
})

describe('expectAllclose', () => {
  it('takes what is near and says what is not, worst first', () => {
    expectAllclose(tensor([2], [1, 2]), [1 + 1e-7, 2])
    expectAllclose([Number.NaN, Number.POSITIVE_INFINITY], [Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => expectAllclose([1, 2, 3], [1.1, 2, 4], { rtol: 0, atol: 0.05 })).toThrow(
      /element 2 is 3, expected 4, 20\.0 times the tolerance/,
    )
    expect(() => expectAllclose([Number.NaN], [1])).toThrow(/element 0 is NaN/)
    expect(() => expectAllclose([1], [Number.NaN])).toThrow(/expected NaN/)
    expect(() => expectAllclose([1], [Number.POSITIVE_INFINITY])).toThrow(/expected Infinity/)
    expect(() => expectAllclose(tensor([1, 2], [1, 2]), tensor([2, 1], [1, 2]))).toThrow(/shape \[1,2\]/)
  })
})
