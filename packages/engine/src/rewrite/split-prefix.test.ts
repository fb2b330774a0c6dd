import { describe, expect, it } from 'vitest'
import {
  add,
  compile,
  constant,
  gradients,
  input,
  linear,
  mul,
  packPrefix,
  parameter,
  random,
  reduceSum,
  reshape,
  sigmoid,
  splitPrefix,
  type Tensor,
  type TensorData,
  topologicalOrder,
} from '../index.ts'
import { expectAllclose } from '../testing/index.ts'

const values = (...shape: number[]): TensorData<'float32'> => {
  const { normal } = random(4, 'split', ...shape)
  const length = shape.reduce((a, b) => a * b, 1)
  return { dtype: 'float32', shape, data: Float32Array.from({ length }, normal) }
}
const weight = (...shape: number[]): Tensor => constant(values(...shape), `w${shape}`)
const inputsOf = (outputs: Readonly<Record<string, Tensor>>): string[] =>
  topologicalOrder(Object.values(outputs))
    .filter((node) => node.op.name === 'Input')
    .map((node) => (node.attributes as { name: string }).name)
    .sort()

async function run(outputs: Readonly<Record<string, Tensor>>, feeds: Record<string, TensorData>) {
  if (Object.keys(outputs).length === 0) return {}
  const program = await compile(outputs)
  const given = Object.entries(feeds).filter(([name]) => program.inputs.some((each) => each.name === name))
  const result = await program.run(Object.fromEntries(given))
  await program.release()
  return result
}

async function expectSame(outputs: Record<string, Tensor>, feeds: Record<string, TensorData>) {
  const split = splitPrefix(outputs, ['x'])
  const kept = await run(split.prefix, feeds)
  const wanted = await run(outputs, feeds)
  const got = await run(split.rest, { ...feeds, ...kept })
  for (const name of Object.keys(wanted))
    expectAllclose(got[name] as TensorData, wanted[name] as TensorData, { rtol: 1e-6, atol: 1e-7 })
  return split
}

const x = input('x', ['B', 3, 4])
const feeds = { x: values(5, 3, 4), fc: values(2, 4), scale: values(5, 3, 4), y: values(5, 3, 2) }

describe('splitPrefix', () => {
  it('computes once what trained weights do not touch, gradients included', async () => {
    const features = sigmoid(linear(x, weight(4, 4)))
    const fc = parameter('fc', [2, 4])
    const error = add(linear(features, fc), mul(input('y', ['B', 3, 2]), -1))
    const loss = reduceSum(mul(error, error))
    const [slope] = gradients(loss, [fc]) as [Tensor]
    const { prefix, rest } = await expectSame({ loss, slope }, feeds)
    expect(Object.entries(prefix)).toEqual([['prefix.0', features]])
    expect(inputsOf(rest)).toEqual(['fc', 'prefix.0', 'y'])
    expect(topologicalOrder(Object.values(rest)).some(({ op }) => op.name === 'Sigmoid')).toBe(false)
  })

  it('carries over the cut only what is kept row by row', async () => {
    const flat = reshape(sigmoid(x), ['3*B', 4])
    const out = mul(flat, reshape(input('scale', ['B', 3, 4]), ['3*B', 4]))
    const { prefix, rest } = await expectSame(
      { out, total: add(reduceSum(sigmoid(x)), reduceSum(out)) },
      feeds,
    )
    expect(Object.values(prefix).map(({ shape }) => shape)).toEqual([
      ['B', 3, 4],
      ['B', 3, 4],
    ])
    expect(inputsOf(rest)).toEqual(['prefix.0', 'prefix.1', 'scale'])
  })

  it('leaves inputs and constants where they are', async () => {
    const scale = input('scale', ['B', 3, 4])
    const { prefix, rest } = await expectSame(
      { out: add(mul(x, scale), mul(weight(4), weight(1, 4))) },
      feeds,
    )
    expect(prefix).toEqual({})
    expect(inputsOf(rest)).toEqual(['scale', 'x'])
  })

  it('gives outputs that are fixed altogether as they are kept', async () => {
    const { prefix, rest } = await expectSame(
      { fixed: sigmoid(x), other: input('scale', ['B', 3, 4]) },
      feeds,
    )
    expect(Object.keys(prefix)).toEqual(['prefix.0'])
    expect(inputsOf(rest)).toEqual(['prefix.0', 'scale'])
  })

  it('packs what crosses into the rows of one input', async () => {
    const [a, b] = [sigmoid(x), reshape(mul(x, 2), ['B', 12])]
    const scale = input('scale', ['B', 3, 4])
    const outputs = { out: mul(a, scale), other: add(b, reshape(scale, ['B', 12])) }
    const packed = packPrefix(splitPrefix(outputs, ['x']), 'rows')
    expect(packed.width).toBe(24)
    expect(inputsOf(packed.rest)).toEqual(['rows', 'scale'])
    const { rows } = await run({ rows: packed.prefix as Tensor }, feeds)
    expect(rows?.shape).toEqual([5, 24])
    const got = await run(packed.rest, { ...feeds, rows: rows as TensorData })
    const wanted = await run(outputs, feeds)
    for (const name of ['out', 'other'])
      expectAllclose(got[name] as TensorData, wanted[name] as TensorData, { rtol: 1e-6, atol: 1e-7 })
    expect(packPrefix(splitPrefix({ out: mul(scale, 2) }, ['x']), 'rows')).toMatchObject({ width: 0 })
  })
})
