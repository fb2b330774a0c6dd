import fc from 'fast-check'
import { describe, it } from 'vitest'
import { parameter } from '../graph/tensor.ts'
import { checkOperator, describeOp, drawn, elementwise, type Plain, tensor } from '../testing/index.ts'
import { abs, add, div, erf, exp, log, mul, neg, sigmoid, sign, sqrt, sub, tanh } from './elementwise.ts'

const away = (shape: number[], key: string) =>
  drawn(shape, key, (stream) => (stream.uniform() + 0.5) * (stream.uniform() < 0.5 ? -1 : 1))
const positive = (shape: number[]) => drawn(shape, 'positive', (stream) => stream.uniform() + 0.3)
const broadcasts = [
  { inputs: [drawn([2, 3], 'a'), away([2, 3], 'b')] },
  { inputs: [drawn([2, 3, 4], 'a'), away([4], 'b')] },
  { inputs: [drawn([3, 1], 'a'), away([2, 1, 5], 'b')] },
  { inputs: [drawn([], 'a'), away([2, 2], 'b')] },
  {
    inputs: [drawn([2, 3], 'a'), away([2, 3], 'b')],
    shapes: [
      ['B', 3],
      ['B', 3],
    ],
  },
  {
    inputs: [drawn([4, 3], 'a'), away([1, 3], 'b')],
    shapes: [
      ['B', 3],
      [1, 3],
    ],
  },
  { inputs: [drawn([0, 3], 'a'), away([3], 'b')], shapes: [['K', 3], [3]] },
]
const binaries = {
  add: { build: add, f: (a: number, b: number) => a + b },
  sub: { build: sub, f: (a: number, b: number) => a - b },
  mul: { build: mul, f: (a: number, b: number) => a * b },
  div: { build: div, f: (a: number, b: number) => a / b },
}
for (const [name, { build, f }] of Object.entries(binaries))
  describeOp(name, (a, b) => build(a as typeof a, b as typeof a), {
    cases: broadcasts,
    reference: (...operands) => elementwise(f, ...operands),
    throws: [
      {
        build: () => build(parameter('a', [2, 3]), parameter('b', [4])),
        error: /do not broadcast, \[2, 3\] and \[4\]/,
      },
      { build: () => build(parameter('a', [2]), parameter('b', [2], 'float64')), error: /types differ/ },
      {
        build: () => build(parameter('blocks.0.mlp.fc1.weight', [2, 3]), parameter('b', [2])),
        error: /at blocks\.0\.mlp\.fc1/,
      },
    ],
  })

describeOp(
  'mul by a factor for each channel, such as channel dropout',
  (x, y) => mul(x as typeof y, y as typeof x),
  {
    cases: [
      {
        inputs: [
          drawn([2, 3, 2, 4]),
          drawn([2, 3, 1, 1], 'mask', (stream) => (stream.uniform() < 0.5 ? 0 : 2)),
        ],
        shapes: [
          ['B', 3, 2, 4],
          ['B', 3, 1, 1],
        ],
      },
    ],
    reference: (x, y) => elementwise((a, b) => a * b, x as Plain, y as Plain),
  },
)

describeOp('a number as operand', (x) => sub(mul(add(x as typeof x, 2), -0.5), 1), {
  cases: [{ inputs: [drawn([3, 2])] }],
  reference: (x) => elementwise((value) => (value + 2) * -0.5 - 1, x as Plain),
})

const unaries = {
  neg: { build: neg, f: (x: number) => -x, input: drawn([2, 5]) },
  exp: { build: exp, f: Math.exp, input: drawn([2, 5]) },
  log: { build: log, f: Math.log, input: positive([2, 5]) },
  sqrt: { build: sqrt, f: Math.sqrt, input: positive([7]) },
  abs: { build: abs, f: Math.abs, input: away([3, 4], 'x') },
  sign: { build: sign, f: Math.sign, input: away([3, 4], 'x') },
  sigmoid: { build: sigmoid, f: (x: number) => 1 / (1 + Math.exp(-x)), input: drawn([2, 5]) },
  tanh: { build: tanh, f: Math.tanh, input: drawn([2, 5]) },
}
for (const [name, { build, f, input }] of Object.entries(unaries))
  describeOp(name, (x) => build(x as typeof x), {
    cases: [{ inputs: [input] }, { inputs: [tensor([0, 2], [])], shapes: [['K', 2]] }],
    reference: (x) => elementwise(f, x as Plain),
  })

describeOp('abs at 0 has gradient 0', (x) => abs(x as typeof x), {
  cases: [{ inputs: [tensor([3], [0, 0, 0])], gradient: (x) => mul(x as typeof x, 0) }],
  reference: () => ({ shape: [3], data: [0, 0, 0] }),
})

/** The error function by its Taylor series: 60 terms are exact in float64 up to |x| = 3. */
function errorFunction(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 60; n++) {
    term *= -(x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
describeOp('erf', (x) => erf(x as typeof x), {
  dtype: 'float32',
  cases: [{ inputs: [drawn([2, 5])] }],
  reference: (x) => elementwise(errorFunction, x as Plain),
})

describe('random broadcasts', () => {
  const pair = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }).chain((shape) =>
    fc.record({
      a: fc.tuple(...shape.map((size) => fc.constantFrom(1, size))),
      b: fc.tuple(...shape.map((size) => fc.constantFrom(1, size))),
      dropped: fc.integer({ min: 0, max: shape.length }),
    }),
  )
  it('mul and its gradients agree with loops', async () => {
    const property = fc.asyncProperty(pair, ({ a, b, dropped }) =>
      checkOperator(
        (x, y) => mul(x as typeof x, y as typeof x),
        [drawn(a, 'a'), drawn(b.slice(dropped), 'b')],
        (...operands) => elementwise((x, y) => x * y, ...operands),
      ),
    )
    await fc.assert(property, { numRuns: 25, seed: 7 })
  })
})
