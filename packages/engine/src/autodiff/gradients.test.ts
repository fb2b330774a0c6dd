import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { scalar } from '../graph/scalar.ts'
import { constant, input, parameter, type Tensor } from '../graph/tensor.ts'
import { attention } from '../ops/attention.ts'
import { cast } from '../ops/compare.ts'
import { add, exp, mul, sub, tanh } from '../ops/elementwise.ts'
import { gather } from '../ops/gather.ts'
import { stopGradient } from '../ops/gradient-control.ts'
import { argMax, reduceSum } from '../ops/reduce.ts'
import { split } from '../ops/slice.ts'
import { compile } from '../runtime/node.ts'
import type { Feeds } from '../runtime/program.ts'
import { checkOperator, drawn, elementwise, expectAllclose, type Plain, tensor } from '../testing/index.ts'
import { gradients } from './gradients.ts'

async function evaluate(
  outputs: Record<string, Tensor>,
  feeds: Feeds = {},
): Promise<Record<string, TensorData>> {
  const program = await compile(outputs)
  try {
    return await program.run(feeds)
  } finally {
    await program.release()
  }
}
const row = (...values: number[]): Float32Array => Float32Array.from(values)

describe('gradients', () => {
  it('add up over every use of a shared subexpression', async () => {
    const x = input('x', [3])
    const shared = mul(x, x)
    const loss = reduceSum(add(mul(shared, shared), add(shared, shared)))
    const [dx] = gradients(loss, [x]) as [Tensor]
    const { dx: found } = await evaluate({ dx }, { x: row(1, -2, 3) })
    expectAllclose(
      found as TensorData,
      [1, -2, 3].map((v) => 4 * v ** 3 + 4 * v),
    )
  })

  it('visit a chain of a thousand shared nodes once each', async () => {
    const x = input('x', [])
    let y = x
    for (let i = 0; i < 1000; i++) y = mul(add(y, y), 0.5)
    const [dx] = gradients(y, [x]) as [Tensor]
    expectAllclose((await evaluate({ dx })).dx as TensorData, { shape: [], data: [1] })
  })

  it('of broadcast operands have the operands own shapes', () =>
    checkOperator(
      (a, b, c) => mul(add(a as Tensor, b as Tensor), c as Tensor),
      [drawn([2, 1, 3], 'a'), drawn([4, 1], 'b'), drawn([], 'c')],
      (...operands) => elementwise((a, b, c) => (a + b) * c, ...operands),
    ))

  it('of a parameter that the loss does not depend on are zeros', async () => {
    const [x, unused] = [input('x', [2]), parameter('unused', [2, 3])]
    const [dx, dUnused] = gradients(reduceSum(x), [x, unused]) as [Tensor, Tensor]
    const found = await evaluate({ dx, dUnused }, {})
    expectAllclose(found.dx as TensorData, [1, 1])
    expectAllclose(found.dUnused as TensorData, { shape: [2, 3], data: [0, 0, 0, 0, 0, 0] })
  })

  it('of the loss itself are 1, of an inner tensor what flows into it', async () => {
    const x = input('x', [2])
    const inner = exp(x)
    const loss = reduceSum(mul(inner, inner))
    const [dLoss, dInner] = gradients(loss, [loss, inner]) as [Tensor, Tensor]
    const found = await evaluate({ dLoss, dInner }, { x: row(0, 1) })
    expectAllclose(found.dLoss as TensorData, { shape: [], data: [1] })
    expectAllclose(found.dInner as TensorData, [2, 2 * Math.E])
  })

  it('stop at stopGradient and at integers', async () => {
    const x = input('x', [2])
    const loss = reduceSum(add(mul(stopGradient(x), x), cast(cast(x, 'int64'), 'float32')))
    const [dx] = gradients(loss, [x]) as [Tensor]
    expectAllclose((await evaluate({ dx }, { x: row(3, 5) })).dx as TensorData, [3, 5])
  })

  it('pass through one used output of several', async () => {
    const x = input('x', [4])
    const [first] = split(x, 0, 2) as [Tensor]
    const [dx] = gradients(reduceSum(mul(first, first)), [x]) as [Tensor]
    expectAllclose((await evaluate({ dx }, { x: row(1, 2, 3, 4) })).dx as TensorData, [2, 4, 0, 0])
  })

  it('of gradients are second derivatives', async () => {
    const x = input('x', [3])
    const [first] = gradients(reduceSum(mul(mul(x, x), x)), [x]) as [Tensor]
    const [second] = gradients(reduceSum(first), [x]) as [Tensor]
    expectAllclose((await evaluate({ second }, { x: row(1, 2, -3) })).second as TensorData, [6, 12, -18])
  })

  it('do not visit frozen branches', () => {
    const frozen = gather(constant(tensor([3], [1, 2, 3], 'float32'), 'table'), input('i', [2], 'int64'), 0)
    const x = parameter('x', [2])
    expect(() => gradients(reduceSum(mul(frozen, x)), [x])).not.toThrow()
  })

  it('are refused for a loss that is no single number', () => {
    const x = parameter('head.weight', [2, 3])
    expect(() => gradients(x, [x])).toThrow(GraphError)
    expect(() => gradients(x, [x])).toThrow(/the loss has shape \[2, 3\]. Reduce it/)
  })

  it('are refused through an operator without a rule, naming it and its place', () => {
    const table = parameter('blocks.0.attn.relative_position_bias_table', [5])
    const loss = reduceSum(gather(table, input('i', [2], 'int64'), 0))
    expect(() => gradients(loss, [table])).toThrow(GraphError)
    expect(() => gradients(loss, [table])).toThrow(/Gather has no gradient rule at blocks\.0\.attn\./)
    expect(() => gradients(reduceSum(cast(argMax(table, 0), 'float32')), [table])).not.toThrow()
  })

  it('of random expressions agree with differences', async () => {
    type Expression = (a: Tensor, b: Tensor) => Tensor
    const steps: readonly ((y: Tensor, a: Tensor, b: Tensor) => Tensor)[] = [
      (y, a) => mul(y, a),
      (y, _a, b) => sub(y, b),
      (y) => tanh(y),
      (y, a, b) => add(mul(y, y), mul(a, b)),
      (y) => mul(y, 0.5),
    ]
    const expression = fc.array(fc.nat(steps.length - 1), { minLength: 1, maxLength: 6 }).map(
      (picks): Expression =>
        (a, b) =>
          picks.reduce((y, pick) => (steps[pick] as (typeof steps)[0])(y, a, b), add(a, b)),
    )
    const property = fc.asyncProperty(expression, async (build) => {
      const data = [drawn([2, 3], 'a', (s) => s.normal() / 2), drawn([3], 'b', (s) => s.normal() / 2)]
      const [a, b] = [input('x0', [2, 3], 'float64'), input('x1', [3], 'float64')]
      const { y } = await evaluate(
        { y: build(a, b) },
        { x0: data[0] as TensorData, x1: data[1] as TensorData },
      )
      await checkOperator(
        (p, q) => build(p as Tensor, q as Tensor),
        data,
        () => ({
          shape: (y as TensorData).shape,
          data: Array.from((y as TensorData).data as Float64Array),
        }),
      )
    })
    await fc.assert(property, { numRuns: 15, seed: 11 })
  })

  it('of attention flow through every use of its inputs', () =>
    checkOperator(
      (x) => attention(x as Tensor, x as Tensor, mul(x as Tensor, 2), 2),
      [drawn([1, 1, 4])],
      (x) => elementwise((value) => 2 * value, x as Plain),
    ))

  it('start from a loss of any floating-point type', async () => {
    const x = input('x', [2], 'float16')
    const [dx] = gradients(reduceSum(mul(x, scalar(2, 'float16'))), [x]) as [Tensor]
    const { wide } = await evaluate({ wide: cast(dx, 'float32') }, {})
    expectAllclose(wide as TensorData, [2, 2])
  })
})
