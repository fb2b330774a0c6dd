import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gradients } from '../autodiff/gradients.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain, plain, tensor } from '../testing/index.ts'
import { mul } from './elementwise.ts'
import { type MaxPoolOptions, maxPool } from './max-pool.ts'
import { reduceSum } from './reduce.ts'
import { pairOf } from './window.ts'

function largest(options: MaxPoolOptions): (x?: Plain) => Plain {
  const [kernel, padding] = [pairOf(options.kernel), pairOf(options.padding ?? 0)]
  const stride = pairOf(options.stride ?? options.kernel)
  return (x) => {
    const [batch, channels, ...sizes] = (x as Plain).shape as [number, number, number, number]
    const counts = [0, 1].map((i) => {
      const room = (sizes[i] as number) + 2 * (padding[i] as number) - (kernel[i] as number)
      return Math.floor(room / (stride[i] as number)) + 1
    })
    return fill([batch, channels, ...counts], ([b = 0, c = 0, i = 0, j = 0]) => {
      let best = Number.NEGATIVE_INFINITY
      for (let a = 0; a < kernel[0]; a++)
        for (let e = 0; e < kernel[1]; e++) {
          const [row, column] = [i * stride[0] + a - padding[0], j * stride[1] + e - padding[1]]
          if (row < 0 || column < 0 || row >= sizes[0] || column >= sizes[1]) continue
          best = Math.max(best, at(x as Plain, [b, c, row, column]))
        }
      return best
    })
  }
}

const build =
  (options: MaxPoolOptions) =>
  (x?: Tensor): Tensor =>
    maxPool(x as Tensor, options)
/** Numbers far enough apart that a small step does not change their order. */
const distinct = (shape: readonly number[]) => {
  const values = drawn(shape)
  const order = [...plain(values).data.keys()].sort((a, b) => Number(values.data[a]) - Number(values.data[b]))
  const ranks = new Array<number>(order.length)
  for (const [rank, place] of order.entries()) ranks[place] = rank - order.length / 2
  return tensor(shape, ranks)
}

const cases: readonly [MaxPoolOptions, number[]][] = [
  [{ kernel: 2 }, [2, 3, 4, 6]],
  [{ kernel: 2 }, [1, 2, 5, 3]],
  [{ kernel: 3, stride: 2, padding: 1 }, [1, 2, 5, 4]],
  [{ kernel: [2, 3], stride: [3, 1], padding: [1, 0] }, [2, 1, 5, 4]],
]
for (const [options, shape] of cases)
  describeOp(`maxPool ${JSON.stringify(options)}`, build(options), {
    cases: [{ inputs: [distinct(shape)] }, { inputs: [distinct(shape)], shapes: [['B', ...shape.slice(1)]] }],
    reference: largest(options),
    throws: [
      {
        build: () => maxPool(input('x', ['B', 1, 1, 4]), { kernel: 2 }),
        error: /2 x 2 does not fit \[B, 1, 1, 4\]/,
      },
      {
        build: () => maxPool(input('x', ['B', 1, 4, 4]), { kernel: 2, padding: [0, 2] }),
        error: /maxPool: padding 0,2 for a kernel of 2 x 2/,
      },
    ],
  })

describe('maxPool', () => {
  it('agrees with loops for random windows', async () => {
    const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    const each = fc.record({ kernel: pair(1, 3), stride: pair(1, 3), padding: pair(0, 2), size: pair(3, 6) })
    const property = fc.asyncProperty(each, async ({ size, ...given }) => {
      const padding = [0, 1].map((i) => Math.min(given.padding[i] as number, (given.kernel[i] as number) - 1))
      const options = { ...given, padding: padding as [number, number] }
      await checkOperator(build(options), [distinct([1, 2, ...size])], largest(options))
    })
    await fc.assert(property, { numRuns: 15, seed: 6 })
  })

  it('gives the gradient to the first of equal elements, never to the padding', async () => {
    const x = input('x', [1, 1, 2, 4])
    const y = maxPool(x, { kernel: 2, stride: [1, 2], padding: [1, 0] })
    const weights = input('weights', [1, 1, 3, 2])
    const [dx] = gradients(reduceSum(mul(y, weights)), [x])
    const program = await compile({ dx })
    const found = await program.run({
      x: Float32Array.of(0, 0, 5, 7, 0, 0, 7, 7),
      weights: Float32Array.of(1, 2, 3, 4, 5, 6),
    })
    await program.release()
    expect([...found.dx.data]).toEqual([4, 0, 0, 6, 5, 0, 6, 0])
  })
})
