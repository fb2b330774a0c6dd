import { parameter } from '../graph/tensor.ts'
import { describeOp, drawn, elementwise, type Plain, tensor } from '../testing/index.ts'
import { cast, equal, greater, masked, or, where } from './compare.ts'
import { mul } from './elementwise.ts'
import { zerosLike } from './gather.ts'

const few = (shape: number[], key: string) => drawn(shape, key, (stream) => stream.integer(3))
const bools = (shape: number[], key = 'bools') => {
  const { shape: same, data } = drawn(shape, key, (stream) => stream.integer(2))
  return tensor(same, Array.from(data as Float64Array), 'bool')
}
const pairs = [
  { inputs: [few([2, 3], 'a'), few([2, 3], 'b')] },
  { inputs: [few([4, 1], 'a'), few([3], 'b')] },
  {
    inputs: [few([4, 3], 'a'), few([4, 3], 'b')],
    shapes: [
      ['B', 3],
      ['B', 3],
    ],
  },
  { inputs: [few([4, 3], 'a'), few([1], 'b')], dtype: 'float32' as const },
]
/** Comparisons are constant almost everywhere: their gradient is zero. */
describeOp('greater', (a, b) => cast(greater(a as typeof a, b as typeof a), a?.dtype ?? 'bool'), {
  cases: pairs,
  gradient: false,
  reference: (...operands) => elementwise((a, b) => Number(a > b), ...operands),
  throws: [
    { build: () => greater(parameter('a', [2]), parameter('b', [3])), error: /Greater: shapes do not/ },
  ],
})
describeOp('equal', (a, b) => equal(a as typeof a, b as typeof a), {
  cases: [...pairs, { inputs: [tensor([3], [1, 2, 3], 'int64'), tensor([3], [1, 5, 3], 'int64')] }],
  gradient: false,
  reference: (...operands) => elementwise((a, b) => Number(a === b), ...operands),
})
describeOp('or', (a, b) => or(a as typeof a, b as typeof a), {
  cases: [{ inputs: [tensor([4], [0, 1, 0, 1], 'bool'), tensor([4], [0, 0, 1, 1], 'bool')] }],
  gradient: false,
  reference: (...operands) => elementwise((a, b) => Number(a === 1 || b === 1), ...operands),
})
describeOp('comparisons pass no gradient', (x) => cast(greater(x as typeof x, 1), 'float64'), {
  cases: [{ inputs: [drawn([2, 3])] }],
  gradient: (x) => zerosLike(x as typeof x),
  reference: (x) => elementwise((value) => Number(value > 1), x as Plain),
})
describeOp('where', (c, a, b) => where(c as typeof c, a as typeof a, b as typeof b), {
  cases: [
    { inputs: [bools([2, 3]), drawn([2, 3], 'a'), drawn([2, 3], 'b')] },
    { inputs: [bools([2, 1, 3]), drawn([4, 1], 'a'), drawn([], 'b')] },
    { inputs: [bools([0, 3]), drawn([0, 3], 'a'), drawn([3], 'b')], shapes: [['K', 3], ['K', 3], [3]] },
  ],
  reference: (...operands) => elementwise((c, a, b) => (c === 1 ? a : b), ...operands),
  throws: [
    { build: () => where(parameter('c', [2]), parameter('a', [2]), parameter('b', [2])), error: /not bool/ },
    {
      build: () =>
        where(greater(parameter('c', [2]), 0), parameter('a', [2]), parameter('b', [2], 'float64')),
      error: /where: types differ/,
    },
  ],
})
describeOp('cast', (x) => mul(cast(x as typeof x, 'float32'), 3), {
  cases: [
    { inputs: [tensor([4], [1, -2, 3, 0], 'int64')], gradient: false },
    { inputs: [tensor([4], [1, 0, 1, 0], 'bool')], gradient: false },
    { inputs: [tensor([2], [7, 250], 'uint8')], gradient: false },
    { inputs: [tensor([2], [7, -250], 'int32')], gradient: false },
  ],
  reference: (x) => elementwise((value) => value * 3, x as Plain),
})
describeOp(
  'cast between floating-point types',
  (x) => cast(mul(cast(x as typeof x, 'float64'), 3), 'float32'),
  {
    dtype: 'float32',
    cases: [{ inputs: [drawn([3, 2])] }],
    reference: (x) => elementwise((value) => value * 3, x as Plain),
  },
)
describeOp('masked', (x, mask) => masked(x as typeof x, mask as typeof x), {
  cases: [{ inputs: [drawn([2, 3]), bools([2, 1])] }],
  reference: (...operands) => elementwise((x, mask) => x * mask, ...operands),
})
