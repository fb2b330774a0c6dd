import { describe, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { describeOp, drawn, elementwise, expectAllclose, type Plain } from '../testing/index.ts'
import { cast, greater } from './compare.ts'
import { add, mul, sigmoid } from './elementwise.ts'
import { gatherRows, nonZero, scatterAddRows, zerosLike } from './gather.ts'
import { rowMask, stopGradient, straightThrough } from './gradient-control.ts'
import { reduceSum } from './reduce.ts'
import { reshape } from './shape.ts'

const logistic = (x: number): number => 1 / (1 + Math.exp(-x))

describe('stopGradient', () => {
  it('passes values, and a gradient only around it', async () => {
    const [x, y] = [input('x', [3]), input('y', [3])]
    const held = mul(stopGradient(mul(x, x)), y)
    const [dx, dy] = gradients(reduceSum(held), [x, y]) as [Tensor, Tensor]
    const program = await compile({ held, dx, dy })
    const found = await program.run({ x: Float32Array.of(1, 2, 3), y: Float32Array.of(4, 5, 6) })
    await program.release()
    expectAllclose(found.held, { shape: [3], data: [4, 20, 54] })
    expectAllclose(found.dx, { shape: [3], data: [0, 0, 0] })
    expectAllclose(found.dy, { shape: [3], data: [1, 4, 9] })
  })
})

/** The hard gate forward; backward the gradient of a soft gate, with the hard one as the other factor. */
describeOp(
  'straightThrough',
  (logits) => straightThrough(cast(greater(logits as Tensor, 0), 'float64'), sigmoid(logits as Tensor)),
  {
    cases: [{ inputs: [drawn([4, 3])], gradient: (logits) => sigmoid(logits as Tensor) }],
    reference: (logits) => elementwise((x) => Number(logistic(x) > 0.5), logits as Plain),
    throws: [
      {
        build: () => straightThrough(input('a', [2]), input('b', [3])),
        error: /hard float32 \[2\], soft float32 \[3\]/,
      },
      { build: () => straightThrough(input('a', [2], 'bool'), input('b', [2])), error: /hard bool/ },
    ],
  },
)

describeOp(
  'straightThrough scaling a branch',
  (x, logits) =>
    mul(
      x as Tensor,
      straightThrough(cast(greater(logits as Tensor, 0), 'float64'), sigmoid(logits as Tensor)),
    ),
  {
    cases: [
      {
        inputs: [drawn([4, 3]), drawn([4, 1], 'logits')],
        // d/dx is the hard gate, d/dlogits is x times the slope of the sigmoid. Their sum, with the other
        // fixed.
        gradient: (x, logits) =>
          add(
            mul(x as Tensor, cast(greater(logits as Tensor, 0), 'float64')),
            mul(stopGradient(x as Tensor), sigmoid(logits as Tensor)),
          ),
      },
    ],
    reference: (...operands) => elementwise((x, logit) => (logit > 0 ? x : 0), ...operands),
  },
)

const rowsWhere = (mask: Tensor, symbol: string): Tensor => reshape(nonZero(mask, symbol), [symbol, 1])
const open = (logits: Tensor): Tensor => cast(greater(logits, 0), 'float64')

/** 2x times a gate per row; rows with open and with closed gates are computed separately. */
describeOp(
  'rowMask',
  (x, logits) => {
    const [rows, gate] = [x as Tensor, logits as Tensor]
    const mask = straightThrough(open(gate), sigmoid(gate))
    const [on, off] = [rowsWhere(greater(gate, 0), 'On'), rowsWhere(greater(mul(gate, -1), 0), 'Off')]
    const twice = (places: Tensor): Tensor => mul(gatherRows(rows, places), 2)
    const sum = scatterAddRows(zerosLike(rows), on, twice(on))
    return rowMask(sum, mask, [
      { places: on, values: stopGradient(twice(on)) },
      { places: off, values: stopGradient(twice(off)) },
    ])
  },
  {
    cases: [
      {
        inputs: [drawn([5, 3]), drawn([5], 'logits')],
        gradient: (x, logits) =>
          add(
            mul(mul(x as Tensor, 2), reshape(open(logits as Tensor), [5, 1])),
            mul(stopGradient(mul(x as Tensor, 2)), reshape(sigmoid(logits as Tensor), [5, 1])),
          ),
      },
    ],
    reference: (x, logits) => ({
      shape: [5, 3],
      data: Array.from({ length: 15 }, (_, i) => {
        const gate = (logits as Plain).data[Math.floor(i / 3)] as number
        return gate > 0 ? 2 * ((x as Plain).data[i] as number) : 0
      }),
    }),
    throws: [
      {
        build: () => rowMask(input('y', [4, 2]), input('m', [3]), []),
        error: /mask \[3\] for rows of \[4, 2\]/,
      },
    ],
  },
)
