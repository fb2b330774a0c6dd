import { describe, expect, it } from 'vitest'
import {
  add,
  attention,
  cast,
  compile,
  concat,
  constant,
  expandLike,
  gelu,
  gradients,
  greater,
  input,
  layerNormalization,
  linear,
  mul,
  narrow,
  parameter,
  random,
  reduceSum,
  reshape,
  scalar,
  sigmoid,
  slice,
  softmax,
  split,
  type Tensor,
  type TensorData,
  topologicalOrder,
} from '../index.ts'
import { expectAllclose } from '../testing/index.ts'

const [tokens, width, hidden] = [5, 4, 6]
const values = (...shape: number[]) => {
  const { normal } = random(1, 'narrow', ...shape)
  return {
    dtype: 'float32' as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, normal),
  }
}
const weight = (...shape: number[]): Tensor => constant(values(...shape), `w${shape}`)
const norm = (x: Tensor): Tensor => layerNormalization(x, weight(width), weight(width), 1e-6)
const x = input('x', ['B', tokens, width])

/** A transformer layer whose MLP is masked by a gate, as in training. */
function layer(from: Tensor, wide: Tensor = weight(hidden, width)): { u: Tensor; out: Tensor } {
  const [q, k, v] = split(linear(norm(from), weight(3 * width, width)), 2, 3) as [Tensor, Tensor, Tensor]
  const u = add(from, linear(attention(q, k, v, 2), weight(width, width), weight(width)))
  const gates = cast(greater(reshape(linear(u, weight(1, width)), ['B', tokens]), 0), 'float32')
  const patches = slice(gates, 1, 1, tokens)
  const ones = expandLike(scalar(1), reshape(slice(slice(from, 2, 0, 1), 1, 0, 1), ['B', 1]))
  const factor = reshape(concat([ones, patches], 1), ['B', tokens, 1])
  const inner = linear(gelu(linear(norm(u), wide, weight(hidden))), weight(width, hidden), weight(width))
  return { u, out: add(u, mul(inner, factor)) }
}

/** Shapes of all outputs of `op` in a graph. */
const shapesOf = (outputs: Tensor[], op: string): string[] =>
  topologicalOrder(outputs)
    .filter((node) => node.op.name === op)
    .map((node) => (node.outputs[0] as Tensor).shape.join(' '))

async function run(outputs: Record<string, Tensor>) {
  const program = await compile(outputs)
  const feeds = Object.fromEntries(
    program.inputs.map(({ name, shape }) => [
      name,
      values(...shape.map((dim) => (dim === 'B' ? 3 : Number(dim)))),
    ]),
  )
  const result = await program.run(feeds)
  await program.release()
  return result
}

async function expectSame(outputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const narrowed = narrow(outputs)
  const [wanted, got] = [await run(outputs), await run(narrowed)]
  for (const name of Object.keys(wanted))
    expectAllclose(got[name] as TensorData, wanted[name] as TensorData, { rtol: 1e-5, atol: 1e-6 })
  return narrowed
}

describe('narrow', () => {
  it('runs the last layer on the one token that is read', async () => {
    const { out } = layer(layer(x).out)
    const { logits } = await expectSame({ logits: linear(slice(norm(out), 1, 0, 1), weight(3, width)) })
    // Four linear maps and a gate in each layer; the gate of the last affects no token that is read.
    const maps = shapesOf([logits as Tensor], 'Gemm')
    expect(maps.filter((shape) => shape === `B ${hidden}`)).toHaveLength(1)
    expect(maps.filter((shape) => shape === `5*B ${hidden}`)).toHaveLength(1)
    expect(maps.filter((shape) => shape === '5*B 1')).toHaveLength(1)
    expect(shapesOf([logits as Tensor], 'MultiHeadAttention')).toEqual(['B 5 4', 'B 1 4'])
  })

  it('computes in full what another output reads', async () => {
    const { u, out } = layer(x)
    const { first, gate } = await expectSame({
      first: slice(out, 1, 0, 1),
      gate: slice(linear(u, weight(1, width)), 1, 1, tokens),
    })
    expect(shapesOf([first, gate] as Tensor[], 'MultiHeadAttention')).toEqual(['B 5 4'])
    expect(shapesOf([first] as Tensor[], 'Gelu')).toEqual([`B 1 ${hidden}`])
    const all = sigmoid(x)
    const kept = narrow({ all, first: slice(all, 1, 0, 1) })
    expect(kept.all).toBe(all)
    expect(kept.first.node.inputs).toEqual([all])
  })

  it('keeps gradients, which then take the short way too', async () => {
    const wide = parameter('wide', [hidden, width])
    const loss = (logits: Tensor): Tensor => reduceSum(mul(logits, logits))
    const logits = slice(norm(layer(x, wide).out), 1, 1, 3)
    const [slope] = gradients(loss(logits), [wide]) as [Tensor]
    const short = narrow({ loss: loss(logits) })
    const [narrowSlope] = gradients(short.loss, [wide]) as [Tensor]
    const [a, b] = [await run({ slope }), await run({ slope: narrowSlope })]
    expectAllclose(b.slope as TensorData, a.slope as TensorData, { rtol: 1e-4, atol: 1e-5 })
    expect(shapesOf([slope], 'Erf')).toEqual([`B 5 ${hidden}`])
    expect(shapesOf([narrowSlope], 'Erf')).toEqual([`B 2 ${hidden}`])
  })

  it('stops where rows mix, where most rows are read and where two readers differ', async () => {
    const wide = sigmoid(x)
    const { most, mixed, one, two } = await expectSame({
      most: slice(sigmoid(x), 1, 0, 3),
      mixed: slice(softmax(sigmoid(x), 1), 1, 0, 1),
      one: slice(wide, 1, 0, 1),
      two: slice(wide, 1, 1, 2),
    })
    for (const output of [most, mixed, one, two])
      expect(shapesOf([output as Tensor], 'Sigmoid')).toEqual(['B 5 4'])
  })

  it('broadcasts operands that have no rows, and computes in full those whose rows are others', async () => {
    const positions = weight(1, tokens, width)
    const { plain, placed } = await expectSame({
      plain: slice(add(sigmoid(x), mul(weight(width), weight(1, 1, width))), 1, 2, 3),
      placed: slice(add(sigmoid(x), positions), 1, 2, 3),
    })
    expect(shapesOf([plain as Tensor], 'Sigmoid')).toEqual(['B 1 4'])
    expect(shapesOf([placed as Tensor], 'Sigmoid')).toEqual(['B 5 4'])
  })
})
