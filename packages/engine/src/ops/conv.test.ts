import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateSize } from '../graph/shape.ts'
import { input, parameter, type Tensor } from '../graph/tensor.ts'
import { at, checkOperator, describeOp, drawn, fill, type Plain } from '../testing/index.ts'
import { type ConvOptions, type ConvTransposeOptions, conv, convTranspose } from './conv.ts'
import { mul } from './elementwise.ts'
import { kernelGradient } from './kernel-gradient.ts'
import { type Pair, pairOf } from './window.ts'

type Setup = Omit<ConvTransposeOptions, 'bias'>
const setup = ({ stride = 1, padding = 0, dilation = 1, groups = 1, outputPadding = 0 }: Setup) => ({
  ...{ stride: pairOf(stride), padding: pairOf(padding), dilation: pairOf(dilation), groups },
  outputPadding: pairOf(outputPadding),
})
const sizes = (x: Plain) => x.shape as [number, number, number, number]

/** The value at a place of a map, 0 beside it. */
function within(x: Plain, [b, c, i, j]: [number, number, number, number]): number {
  const [, , height, width] = sizes(x)
  return i < 0 || j < 0 || i >= height || j >= width ? 0 : at(x, [b, c, i, j])
}

/** The definition: every output looks up what lies under the kernel. */
function correlated(options: Setup): (...inputs: Plain[]) => Plain {
  const { stride: s, padding: p, dilation: d, groups } = setup(options)
  return (...[x, weight, bias]) => {
    const [[batch, , height, width], [outs, ins, rows, columns]] = [sizes(x as Plain), sizes(weight as Plain)]
    const h = Math.floor((height + 2 * p[0] - d[0] * (rows - 1) - 1) / s[0]) + 1
    const w = Math.floor((width + 2 * p[1] - d[1] * (columns - 1) - 1) / s[1]) + 1
    return fill([batch, outs, h, w], ([b = 0, o = 0, i = 0, j = 0]) => {
      let sum = bias === undefined ? 0 : at(bias, [o])
      const first = Math.floor(o / (outs / groups)) * ins
      for (let c = 0; c < ins; c++)
        for (let a = 0; a < rows; a++)
          for (let e = 0; e < columns; e++)
            sum +=
              at(weight as Plain, [o, c, a, e]) *
              within(x as Plain, [b, first + c, i * s[0] + a * d[0] - p[0], j * s[1] + e * d[1] - p[1]])
      return sum
    })
  }
}

/** The definition: every input spreads its kernel over the result. */
function spread(options: Setup): (...inputs: Plain[]) => Plain {
  const { stride: s, padding: p, dilation: d, groups, outputPadding } = setup(options)
  return (...[x, weight, bias]) => {
    const [[batch, ins, height, width], [, outs, rows, columns]] = [sizes(x as Plain), sizes(weight as Plain)]
    const h = (height - 1) * s[0] - 2 * p[0] + d[0] * (rows - 1) + 1 + outputPadding[0]
    const w = (width - 1) * s[1] - 2 * p[1] + d[1] * (columns - 1) + 1 + outputPadding[1]
    const y = fill([batch, outs * groups, h, w], ([, o = 0]) => (bias === undefined ? 0 : at(bias, [o])))
    const data = [...y.data]
    fill([batch, ins, height, width, outs, rows, columns], (place) => {
      const [b, c, i, j, o, a, e] = place as [number, number, number, number, number, number, number]
      const channel = Math.floor(c / (ins / groups)) * outs + o
      const [row, column] = [i * s[0] + a * d[0] - p[0], j * s[1] + e * d[1] - p[1]]
      if (row < 0 || column < 0 || row >= h || column >= w) return 0
      const index = ((b * outs * groups + channel) * h + row) * w + column
      data[index] = (data[index] as number) + at(x as Plain, [b, c, i, j]) * at(weight as Plain, [c, o, a, e])
      return 0
    })
    return { shape: y.shape, data }
  }
}

const convWith =
  (options: ConvOptions) =>
  (...[x, w, bias]: Tensor[]): Tensor =>
    conv(x as Tensor, w as Tensor, { ...options, ...(bias && { bias }) })
const transposedWith =
  (options: ConvTransposeOptions) =>
  (...[x, w, bias]: Tensor[]): Tensor =>
    convTranspose(x as Tensor, w as Tensor, { ...options, ...(bias && { bias }) })

const convCases: readonly [string, Setup, number[], number[]][] = [
  ['3 x 3, padded', { padding: 1 }, [2, 3, 4, 5], [2, 3, 3, 3]],
  ['3 x 3 of many channels on a small map', { padding: 1 }, [2, 2, 2, 3], [8, 2, 3, 3]],
  ['1 x 1', {}, [2, 3, 2, 3], [4, 3, 1, 1]],
  [
    '2 x 3 with other steps and borders by axis',
    { stride: [2, 1], padding: [0, 2] },
    [2, 2, 5, 4],
    [3, 2, 2, 3],
  ],
  ['a last column that no window reaches', { stride: 3 }, [1, 2, 5, 6], [2, 2, 2, 2]],
  ['dilated', { dilation: [2, 1], padding: 1 }, [1, 2, 5, 4], [2, 2, 3, 2]],
  ['in groups', { groups: 2, padding: 1 }, [2, 4, 3, 3], [6, 2, 3, 3]],
  ['in groups of five outputs', { groups: 2 }, [1, 4, 3, 3], [10, 2, 2, 2]],
  ['of six channels to four', { padding: 1 }, [2, 6, 3, 3], [4, 6, 3, 3]],
  ['of nine channels to four, strided', { stride: 2 }, [1, 9, 3, 3], [4, 9, 1, 1]],
  ['by channel', { groups: 3, stride: 2, padding: 1 }, [1, 3, 4, 5], [3, 1, 3, 3]],
  ['padded by more than the kernel', { padding: 2 }, [1, 2, 2, 3], [2, 2, 2, 2]],
]

for (const [name, options, x, w] of convCases)
  describeOp(`conv, ${name}`, convWith(options), {
    dtype: 'float32',
    cases: [
      { inputs: [drawn(x), drawn(w, 'w')] },
      {
        inputs: [drawn(x), drawn(w, 'w'), drawn(w.slice(0, 1), 'b')],
        shapes: [['B', ...x.slice(1)], w, w.slice(0, 1)],
      },
    ],
    reference: correlated(options),
  })

const transposedCases: readonly [string, Setup, number[], number[]][] = [
  ['2 x 2 without overlap', { stride: 2 }, [2, 3, 3, 2], [3, 2, 2, 2]],
  ['3 x 3 with all borders', { stride: 2, padding: 1, outputPadding: [1, 0] }, [1, 2, 3, 2], [2, 3, 3, 3]],
  ['in groups, steps by axis', { stride: [1, 3], groups: 2 }, [2, 4, 2, 2], [4, 3, 2, 2]],
  ['dilated', { dilation: [1, 2], padding: [1, 0] }, [1, 2, 3, 2], [2, 2, 3, 2]],
]

for (const [name, options, x, w] of transposedCases) {
  const bias = [(w[1] as number) * (options.groups ?? 1)]
  describeOp(`convTranspose, ${name}`, transposedWith(options), {
    dtype: 'float32',
    cases: [
      { inputs: [drawn(x), drawn(w, 'w')] },
      { inputs: [drawn(x), drawn(w, 'w'), drawn(bias, 'b')], shapes: [['B', ...x.slice(1)], w, bias] },
    ],
    reference: spread(options),
  })
}

describe('convolutions', () => {
  it('agree with loops for random sizes', async () => {
    const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    const each = fc.record({
      ...{ kernel: pair(1, 3), stride: pair(1, 3), padding: pair(0, 2), dilation: pair(1, 2) },
      ...{ more: pair(0, 3), groups: fc.integer({ min: 1, max: 2 }), channels: pair(1, 2), size: pair(0, 2) },
      batch: fc.integer({ min: 1, max: 2 }),
    })
    const property = fc.asyncProperty(
      each,
      fc.boolean(),
      async ({ batch, groups, channels, more, ...given }, up) => {
        const [ins, outs] = channels.map((count) => count * groups) as [number, number]
        const { stride, kernel, padding, dilation } = given
        const reach = [0, 1].map((i) => (dilation[i] as number) * ((kernel[i] as number) - 1) + 1)
        const options = { stride, padding, dilation, groups }
        if (up) {
          const size = reach.map((n, i) => {
            const least = Math.ceil((1 + 2 * (padding[i] as number) - n) / (stride[i] as number)) + 1
            return Math.max(1, least) + (given.size[i] as number)
          })
          const outputPadding = more.map((n, i) => n % (stride[i] as number)) as unknown as Pair
          const all = { ...options, outputPadding }
          const inputs = [
            drawn([batch, ins, ...size]),
            drawn([ins, outs / groups, ...kernel], 'w'),
            drawn([outs], 'b'),
          ]
          await checkOperator(transposedWith(all), inputs, spread(all), { dtype: 'float32' })
        } else {
          const size = reach.map((n, i) => Math.max(1, n - 2 * (padding[i] as number)) + (more[i] as number))
          const inputs = [
            drawn([batch, ins, ...size]),
            drawn([outs, ins / groups, ...kernel], 'w'),
            drawn([outs], 'b'),
          ]
          await checkOperator(convWith(options), inputs, correlated(options), { dtype: 'float32' })
        }
      },
    )
    await fc.assert(property, { numRuns: 30, seed: 5 })
  })

  it.each([1, 2, 4])('have the same kernel gradient if gathered in parts, %d groups', async (groups) => {
    const window = { kernel: [2, 2], stride: [1, 2], padding: [1, 0], dilation: [1, 1] } as const
    const build = (dy?: Tensor, x?: Tensor) => kernelGradient(dy as Tensor, x as Tensor, window, groups, 40)
    const reference = (dy?: Plain, x?: Plain): Plain => {
      const [batch, , h, w] = sizes(dy as Plain)
      const whole = fill([4, 4 / groups, 2, 2], ([o = 0, c = 0, a = 0, e = 0]) => {
        let sum = 0
        const channel = Math.floor(o / (4 / groups)) * (4 / groups) + c
        for (let b = 0; b < batch; b++)
          for (let i = 0; i < h; i++)
            for (let j = 0; j < w; j++)
              sum += at(dy as Plain, [b, o, i, j]) * within(x as Plain, [b, channel, i + a - 1, 2 * j + e])
        return sum
      })
      return whole
    }
    const inputs = [drawn([2, 4, 4, 2], 'dy'), drawn([2, 4, 3, 4])]
    await checkOperator(build, inputs, reference, { dtype: 'float32', gradient: false })
  })

  it('cost one multiply-accumulate per kernel element and place', () => {
    const cost = ({ node }: Tensor): number => node.op.cost?.(node.inputs, node.outputs, evaluateSize) ?? 0
    const x = input('x', [2, 6, 5, 5])
    const options = { stride: 2, padding: 1, groups: 2 }
    expect(cost(conv(x, parameter('a', [4, 3, 3, 3]), options))).toBe(2 * 4 * 9 * 27)
    expect(cost(convTranspose(x, parameter('b', [6, 4, 2, 2]), options))).toBe(2 * 6 * 25 * 16)
  })

  it('refuse what does not fit', () => {
    const x = input('x', ['B', 4, 5, 5])
    const w = (...shape: number[]): Tensor => parameter('head.conv.weight', shape)
    const refused: readonly [() => unknown, RegExp][] = [
      [
        () => conv(x, w(2, 3, 3, 3)),
        /conv: weight \[2, 3, 3, 3\] in 1 groups for \[B, 4, 5, 5\].*at head\.conv/,
      ],
      [() => conv(x, w(3, 2, 3, 3), { groups: 2 }), /conv: weight \[3, 2, 3, 3\] in 2 groups/],
      [() => conv(x, w(2, 4, 6, 1)), /conv: a kernel of 6 x 1 does not fit \[B, 4, 5, 5\]/],
      [() => conv(x, w(2, 4, 1, 1), { stride: 0 }), /conv: stride is 0,0.*1 or more/],
      [() => conv(x, w(2, 4, 1, 1), { padding: [1, -1] }), /conv: padding is 1,-1/],
      [() => conv(x, w(2, 4, 1, 1), { bias: w(3) }), /conv: bias \[3\] for 2 channels/],
      [() => conv(x, mul(w(2, 4, 1), 1)), /conv: the axes do not fit/],
      [() => conv(x, input('w', [2, 4, 1, 1], 'float64')), /conv: types differ/],
      [() => conv(input('x', ['B', 4, 'H', 5]), w(2, 4, 1, 1)), /conv: the axes do not fit/],
      [() => convTranspose(x, w(3, 4, 2, 2)), /convTranspose: weight \[3, 4, 2, 2\] in 1 groups/],
      [
        () => convTranspose(x, w(4, 2, 2, 2), { stride: 2, outputPadding: 2 }),
        /output padding 2,2 with stride 2,2/,
      ],
      [() => convTranspose(x, w(4, 2, 1, 1), { padding: 3 }), /padding 3,3 leaves nothing of \[B, 4, 5, 5\]/],
    ]
    for (const [build, error] of refused) expect(build, error.source).toThrow(error)
  })
})
