import { describe, expect, it } from 'vitest'
import { evaluateSize } from '../graph/shape.ts'
import { input, type Tensor } from '../graph/tensor.ts'
import { compile } from '../runtime/node.ts'
import { at, describeOp, drawn, expectAllclose, fill, type Plain, plain, tensor } from '../testing/index.ts'
import { attention } from './attention.ts'
import { mul } from './elementwise.ts'

/** softmax(q k^T / sqrt(D) + bias) v, head by head and token by token, over the active keys only. */
function reference(heads: number, q: Plain, k: Plain, v: Plain, active?: Plain, bias?: Plain): Plain {
  const [, , width] = q.shape as [number, number, number]
  const keys = k.shape[1] as number
  const size = width / heads
  return fill(q.shape, ([b, n, c]) => {
    const start = Math.floor((c as number) / size) * size
    const scores = Array.from({ length: keys }, (_, m) => {
      let score = 0
      for (let d = start; d < start + size; d++)
        score += at(q, [b as number, n as number, d]) * at(k, [b as number, m, d])
      const head = Math.floor((c as number) / size)
      const rank = bias?.shape.length ?? 0
      const pair = [head, n as number, m]
      const place = rank === 4 ? [b as number, ...pair] : rank === 3 ? pair : [b as number, m]
      const added = bias ? at(bias, place) : 0
      return active && at(active, [b as number, m]) === 0 ? 0 : Math.exp(score / Math.sqrt(size) + added)
    })
    const total = scores.reduce((sum, score) => sum + score, 0)
    return scores.reduce((sum, score, m) => sum + (score / total) * at(v, [b as number, m, c as number]), 0)
  })
}
const leaves = (batch: number, queries: number, keys: number, width: number) => [
  drawn([batch, queries, width], 'q'),
  drawn([batch, keys, width], 'k'),
  drawn([batch, keys, width], 'v'),
]

for (const heads of [1, 2])
  describeOp(
    `attention of ${heads} heads`,
    (q, k, v) => attention(q as Tensor, k as Tensor, v as Tensor, heads),
    {
      cases: [
        { inputs: leaves(2, 3, 3, 4) },
        { inputs: leaves(1, 2, 5, 6), name: 'other keys than queries' },
        ...[1, 2].map((batch) => ({
          inputs: leaves(batch, 3, 3, 4),
          shapes: [
            ['B', 3, 4],
            ['B', 3, 4],
            ['B', 3, 4],
          ],
        })),
      ],
      reference: (q, k, v) => reference(heads, q as Plain, k as Plain, v as Plain),
      throws: [
        {
          build: () => attention(input('q', [2, 3, 5]), input('k', [2, 3, 5]), input('v', [2, 3, 5]), 2),
          error: /attention: query \[2, 3, 5\] for 2 heads/,
        },
        {
          build: () => attention(input('q', [2, 3, 4]), input('k', [2, 3, 6]), input('v', [2, 3, 6]), heads),
          error: /attention: query \[2, 3, 4\], key \[2, 3, 6\]/,
        },
        {
          build: () =>
            attention(input('q', [2, 3, 4]), input('k', [2, 3, 4]), input('v', [2, 3, 4], 'float64'), heads),
          error: /attention: types differ/,
        },
        {
          build: () => attention(input('q', [2, 3, 4]), input('k', [2, 3, 4]), input('v', [2, 3, 4]), 0),
          error: /for 0 heads/,
        },
      ],
    },
  )

const active = tensor([2, 5], [1, 0, 1, 1, 0, 0, 0, 1, 0, 0], 'bool')

for (const heads of [1, 2])
  describeOp(
    `attention of ${heads} heads over active keys`,
    (q, k, v, keys) => attention(q as Tensor, k as Tensor, v as Tensor, heads, keys),
    {
      cases: [
        { inputs: [...leaves(2, 5, 5, 4), active] },
        {
          inputs: [...leaves(2, 3, 5, 6), active],
          shapes: [
            ['B', 'N', 6],
            ['B', 'M', 6],
            ['B', 'M', 6],
            ['B', 'M'],
          ],
        },
      ],
      reference: (q, k, v, keys) => reference(heads, q as Plain, k as Plain, v as Plain, keys as Plain),
      throws: [
        {
          build: () =>
            attention(
              input('q', [2, 3, 4]),
              input('k', [2, 3, 4]),
              input('v', [2, 3, 4]),
              2,
              input('m', [2, 4], 'bool'),
            ),
          error: /attention: active keys bool \[2, 4\] for key \[2, 3, 4\]/,
        },
      ],
    },
  )

describeOp(
  'attention with a bias on its keys',
  (q, k, v, bias) => attention(q as Tensor, k as Tensor, v as Tensor, 2, bias),
  {
    cases: [
      { inputs: [...leaves(2, 5, 5, 4), drawn([2, 5], 'bias')] },
      {
        inputs: [...leaves(2, 3, 5, 6), drawn([2, 5], 'bias')],
        shapes: [
          ['B', 'N', 6],
          ['B', 'M', 6],
          ['B', 'M', 6],
          ['B', 'M'],
        ],
      },
    ],
    reference: (q, k, v, bias) => reference(2, q as Plain, k as Plain, v as Plain, undefined, bias as Plain),
    throws: [
      {
        build: () =>
          attention(
            input('q', [2, 3, 4]),
            input('k', [2, 3, 4]),
            input('v', [2, 3, 4]),
            2,
            input('m', [2, 4]),
          ),
        error: /attention: active keys float32 \[2, 4\] for key/,
      },
    ],
  },
)

describeOp(
  'attention with a bias for each head, query and key',
  (q, k, v, bias) => attention(q as Tensor, k as Tensor, v as Tensor, 2, bias),
  {
    cases: [
      { inputs: [...leaves(2, 3, 5, 4), drawn([2, 3, 5], 'bias')] },
      {
        inputs: [...leaves(3, 5, 5, 6), drawn([2, 5, 5], 'bias')],
        shapes: [
          ['B', 5, 6],
          ['B', 5, 6],
          ['B', 5, 6],
          [2, 5, 5],
        ],
      },
      { inputs: [...leaves(3, 2, 5, 4), drawn([3, 2, 2, 5], 'bias')], name: 'another one for each image' },
      {
        inputs: [...leaves(2, 3, 3, 4), drawn([2, 2, 3, 3], 'bias')],
        shapes: [...new Array(3).fill(['B', 'N', 4]), ['B', 2, 'N', 'N']],
        name: 'another one for each image, of open sizes',
      },
    ],
    reference: (q, k, v, bias) => reference(2, q as Plain, k as Plain, v as Plain, undefined, bias as Plain),
    throws: [
      {
        build: () =>
          attention(
            input('q', [2, 3, 4]),
            input('k', [2, 3, 4]),
            input('v', [2, 3, 4]),
            2,
            input('m', [3, 3, 3]),
          ),
        error: /attention: active keys float32 \[3, 3, 3\] .* or \[2, 3, 3\]/,
      },
    ],
  },
)

describe('attention', () => {
  it.each([
    ['for all images', [2, 4, 5]],
    ['for each image', [2, 2, 4, 5]],
  ])('adds a bias of each head, query and key when fused: %s', async (_, shape) => {
    const data = [...leaves(2, 4, 5, 8), drawn(shape, 'bias')].map((x) => ({
      ...x,
      dtype: 'float32' as const,
      data: Float32Array.from(x.data as Float64Array),
    }))
    const [q, k, v] = [input('q', ['B', 4, 8]), input('k', ['B', 5, 8]), input('v', ['B', 5, 8])]
    const open = shape.length === 4 ? ['B', ...shape.slice(1)] : shape
    const program = await compile({ y: attention(q, k, v, 2, input('bias', open)) }, { fused: true })
    const names = ['q', 'k', 'v', 'bias']
    const { y } = await program.run(
      Object.fromEntries(names.map((name, i) => [name, data[i] as (typeof data)[0]])),
    )
    await program.release()
    const [first, second, third, bias] = data.map(plain) as [Plain, Plain, Plain, Plain]
    expectAllclose(y, reference(2, first, second, third, undefined, bias), { atol: 1e-5 })
  })

  it('adds a bias to its keys when fused', async () => {
    const data = [...leaves(2, 4, 5, 8), drawn([2, 5], 'bias')].map((x) => ({
      ...x,
      dtype: 'float32' as const,
      data: Float32Array.from(x.data as Float64Array),
    }))
    const [q, k, v] = [input('q', ['B', 'N', 8]), input('k', ['B', 'M', 8]), input('v', ['B', 'M', 8])]
    const y = attention(q, k, v, 2, input('bias', ['B', 'M']))
    const program = await compile({ y }, { fused: true })
    const names = ['q', 'k', 'v', 'bias']
    const found = await program.run(
      Object.fromEntries(names.map((name, i) => [name, data[i] as (typeof data)[0]])),
    )
    await program.release()
    const [first, second, third, bias] = data.map(plain) as [Plain, Plain, Plain, Plain]
    expectAllclose(found.y, reference(2, first, second, third, undefined, bias), { atol: 1e-5 })
  })

  it('leaves inactive keys out when fused', async () => {
    const data = leaves(2, 4, 5, 8).map((x) => ({
      ...x,
      dtype: 'float32' as const,
      data: Float32Array.from(x.data as Float64Array),
    }))
    const [q, k, v] = [input('q', ['B', 'N', 8]), input('k', ['B', 'M', 8]), input('v', ['B', 'M', 8])]
    const program = await compile(
      { y: attention(q, k, v, 2, input('m', ['B', 'M'], 'bool')) },
      { fused: true },
    )
    const feeds = Object.fromEntries(['q', 'k', 'v'].map((name, i) => [name, data[i] as (typeof data)[0]]))
    const { y } = await program.run({ ...feeds, m: active })
    await program.release()
    const [first, second, third] = data.map(plain) as [Plain, Plain, Plain]
    expectAllclose(y, reference(2, first, second, third, plain(active)), { atol: 1e-5 })
  })

  it('gives the same values fused and expanded, inside a graph', async () => {
    const data = leaves(2, 5, 7, 8).map((x) => ({
      ...x,
      dtype: 'float32' as const,
      data: Float32Array.from(x.data as Float64Array),
    }))
    const [q, k, v] = [input('q', ['B', 5, 8]), input('k', ['B', 7, 8]), input('v', ['B', 7, 8])]
    const y = mul(attention(mul(q, 2), k, v, 4), 0.5)
    const feeds = Object.fromEntries(['q', 'k', 'v'].map((name, i) => [name, data[i] as (typeof data)[0]]))
    const [first, second, third] = data.map(plain) as [Plain, Plain, Plain]
    const doubled = { ...first, data: first.data.map((value) => 2 * value) }
    const wanted = reference(4, doubled, second, third)
    for (const fused of [true, false]) {
      const program = await compile({ y }, { fused })
      const { y: found } = await program.run(feeds)
      await program.release()
      expectAllclose(found, { ...wanted, data: wanted.data.map((value) => value / 2) }, { atol: 1e-5 })
    }
  })

  it('costs both products', () => {
    const { node } = attention(input('q', [2, 3, 8]), input('k', [2, 5, 8]), input('v', [2, 5, 8]), 4)
    expect(node.op.cost?.(node.inputs, node.outputs, evaluateSize)).toBe(2 * (2 * 3 * 5 * 8))
  })
})
