import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { evaluateSize } from '../graph/shape.ts'
import { constant, input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import {
  at,
  checkOperator,
  describeOp,
  drawn,
  elementwise,
  expectAllclose,
  fill,
  type Plain,
  plain,
} from '../testing/index.ts'
import { batchNormalization } from './batch-normalization.ts'
import { batchNormalizationTraining } from './batch-normalization-training.ts'
import { conv } from './conv.ts'

/** ONNX stores it in single precision. */
const epsilon = Math.fround(1e-3)
const positive = (shape: number[], key: string) => drawn(shape, key, (stream) => 0.5 + stream.uniform())
const leaves = (...shape: number[]) => {
  const channels = [shape[1] as number]
  const [weight, bias, mean] = ['w', 'b', 'm'].map((key) => drawn(channels, key))
  return [drawn(shape), weight, bias, mean, positive(channels, 'v')] as ReturnType<typeof drawn>[]
}
type Five = [Plain, Plain, Plain, Plain, Plain]

function normalized(x: Plain, weight: Plain, bias: Plain, mean: Plain, variance: Plain): Plain {
  return fill(x.shape, (place) => {
    const channel = [place[1] as number]
    const normal = (at(x, place) - at(mean, channel)) / Math.sqrt(at(variance, channel) + epsilon)
    return normal * at(weight, channel) + at(bias, channel)
  })
}

/** Values of one channel. */
function valuesOf(x: Plain, channel: number): number[] {
  const values: number[] = []
  fill(x.shape, (place) => {
    if (place[1] === channel) values.push(at(x, place))
    return 0
  })
  return values
}

/** y and the running statistics after it, channel by channel. */
function trained(momentum: number): (...inputs: Plain[]) => Plain[] {
  return (...inputs) => {
    const [x, weight, bias, mean, variance] = inputs as Five
    const statistics = (of: (values: number[], average: number) => number): Plain =>
      fill(weight.shape, ([channel = 0]) => {
        const values = valuesOf(x, channel)
        return of(values, values.reduce((a, b) => a + b, 0) / values.length)
      })
    const squares = (values: number[], average: number) =>
      values.reduce((sum, value) => sum + (value - average) ** 2, 0)
    const average = statistics((_, value) => value)
    const biased = statistics((values, value) => squares(values, value) / values.length)
    const unbiased = statistics((values, value) => squares(values, value) / (values.length - 1))
    const mixed = (before: Plain, now: Plain): Plain =>
      elementwise((a, b) => (1 - momentum) * a + momentum * b, before, now)
    return [normalized(x, weight, bias, average, biased), mixed(mean, average), mixed(variance, unbiased)]
  }
}
const buildTraining =
  (momentum?: number) =>
  (...inputs: Tensor[]): Tensor[] => {
    const [x, weight, bias, mean, variance] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor]
    const options = { epsilon, ...(momentum !== undefined && { momentum }) }
    const { y, running } = batchNormalizationTraining(x, weight, bias, { mean, variance }, options)
    return [y, running.mean, running.variance]
  }
const build = (...inputs: Tensor[]): Tensor => {
  const [x, weight, bias, mean, variance] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor]
  return batchNormalization(x, weight, bias, { mean, variance }, epsilon)
}

const open = [['B', 3, 2, 2], [3], [3], [3], [3]]
const cases = [
  { inputs: leaves(2, 3, 2, 2) },
  { inputs: leaves(3, 3, 2, 2), shapes: open },
  { inputs: leaves(4, 2) },
  { inputs: leaves(2, 2, 3) },
]
const x = input('x', ['B', 4, 2, 2])
const list = (size: number, dtype: 'float32' | 'float64' = 'float32'): Tensor =>
  input(`w${size}${dtype}`, [size], dtype)

const float32 = ({ shape, data }: TensorData): TensorData => ({
  ...{ dtype: 'float32', shape },
  data: Float32Array.from(data as Float64Array),
})

/** Inputs of one batch normalisation by name. */
function namedLeaves(
  b: number,
  c: number,
  h: number,
  w: number,
  dtype = 'float64',
): Record<string, TensorData> {
  const values = leaves(b, c, h, w).map((data) => (dtype === 'float32' ? float32(data) : data))
  const names = ['x', 'weight', 'bias', 'mean', 'variance']
  return Object.fromEntries(values.map((data, i) => [names[i], data]))
}

/** The values of a graph and the ONNX operators that ran for them. */
async function profiled(y: Tensor, feeds: Record<string, TensorData>) {
  const folder = mkdtempSync(join(tmpdir(), 'fold-test-'))
  try {
    const program = await compile({ y }, { profile: join(folder, 'trace') })
    const found = await program.run(feeds)
    await program.release()
    const [file] = readdirSync(folder) as [string]
    const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { args?: { op_name?: string } }[]
    return { y: found.y, operators: events.map(({ args }) => args?.op_name) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describeOp('batchNormalization', build, {
  cases,
  reference: (...inputs) => normalized(...(inputs as Five)),
  throws: [
    {
      build: () => build(x, list(4), list(4), list(3), list(4)),
      error: /batchNormalization: values \[3\] for the channels of \[B, 4, 2, 2\]/,
    },
    { build: () => build(x, list(4), list(4, 'float64'), list(4), list(4)), error: /types differ/ },
  ],
})

describeOp('batchNormalizationTraining', buildTraining(), {
  cases: [
    ...cases,
    { inputs: leaves(2, 3, 1, 1), shapes: [['B', 3, 1, 1], [3], [3], [3], [3]], name: 'of two values' },
  ],
  reference: trained(0.1),
  throws: [
    {
      build: () => buildTraining()(x, list(4), list(4), list(4), list(5)),
      error: /values \[5\] for the channels/,
    },
    {
      build: () => buildTraining()(input('one', [1, 4, 1, 1]), list(4), list(4), list(4), list(4)),
      error: /one value per channel, \[1, 4, 1, 1\]\. Train on two or more images/,
    },
  ],
})

describe('batch normalisation', () => {
  it('agrees with loops for random sizes and momenta', async () => {
    const size = fc.integer({ min: 1, max: 3 })
    const property = fc.asyncProperty(
      fc.tuple(size, size, size, size, fc.boolean()),
      ([b, c, h, w, isFloat]) =>
        checkOperator(buildTraining(0.3), leaves(b + 1, c, h, w), trained(0.3), {
          dtype: isFloat ? 'float32' : 'float64',
        }),
    )
    await fc.assert(property, { numRuns: 10, seed: 9 })
  })

  it('keeps a variance of 0 where an open batch holds one value', async () => {
    const feeds = namedLeaves(1, 2, 1, 1)
    const [x, ...others] = Object.entries(feeds).map(([name, { shape, dtype }]) => input(name, shape, dtype))
    const image = input('x', ['B', 2, 1, 1], x?.dtype)
    const [y, , next] = buildTraining()(image, ...others)
    const program = await compile({ y: y as Tensor, next: next as Tensor })
    const { mean: _mean, ...used } = feeds
    const found = await program.run(used)
    await program.release()
    expectAllclose(found.y, { ...plain(feeds.bias as TensorData), shape: [1, 2, 1, 1] })
    expectAllclose(
      found.next,
      elementwise((value) => 0.9 * value, plain(feeds.variance as TensorData)),
    )
  })

  it('costs two multiply-accumulates per element', () => {
    const { node } = build(x, list(4), list(4), list(4), list(4))
    expect(node.op.cost?.(node.inputs, node.outputs, (shape) => evaluateSize(shape, { B: 2 }))).toBe(
      2 * 2 * 16,
    )
  })

  it('is folded into a convolution before it where both are constants', async () => {
    const feeds = namedLeaves(1, 3, 4, 4, 'float32')
    const kernel = constant(float32(drawn([3, 3, 2, 2], 'kernel')))
    const graph = (leaf: (name: string) => Tensor): Tensor => {
      const convolved = conv(input('x', [1, 3, 4, 4]), kernel)
      return build(convolved, ...['weight', 'bias', 'mean', 'variance'].map(leaf))
    }
    const ofInputs = await profiled(
      graph((name) => input(name, [3])),
      feeds,
    )
    const ofConstants = await profiled(
      graph((name) => constant(feeds[name] as TensorData)),
      { x: feeds.x as TensorData },
    )
    expectAllclose(ofConstants.y, ofInputs.y, { rtol: 1e-5, atol: 1e-5 })
    expect(ofInputs.operators).toContain('BatchNormalization')
    expect(ofConstants.operators).toContain('Conv')
    expect(ofConstants.operators).not.toContain('BatchNormalization')
  })
})
