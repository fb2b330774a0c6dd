import { describe, expect, it } from 'vitest'
import { onDemand } from '../graph/on-demand.ts'
import {
  batchNormalization,
  compile,
  constant,
  conv,
  evaluateSize,
  input,
  lower,
  parameter,
  random,
  relu,
  type Tensor,
  type TensorData,
  topologicalOrder,
} from '../index.ts'
import { expectAllclose } from '../testing/index.ts'
import { foldBatchNorm } from './fold-batch-norm.ts'

const [channels, outs] = [4, 6]
const float32 = (data: Float32Array, shape: readonly number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data,
})
const values = (name: string, shape: readonly number[], lowest = -1): TensorData => {
  const { uniform } = random(1, 'fold', name)
  const data = Float32Array.from({ length: evaluateSize([...shape]) }, () => lowest + 2 * uniform())
  return float32(data, shape)
}
const lists = ['scale', 'shift', 'mean', 'variance']
const feeds: Record<string, TensorData> = {
  x: values('x', [2, channels, 5, 7]),
  kernel: values('kernel', [outs, channels / 2, 3, 3]),
  bias: values('bias', [outs]),
  ...Object.fromEntries(lists.map((name) => [name, values(name, [outs], name === 'variance' ? 0.05 : -1)])),
}
const given = (name: string): TensorData => feeds[name] as TensorData
const fixed = (name: string): Tensor => constant(given(name), `unit.${name}`)
const asInput = (name: string): Tensor => input(name, given(name).shape)

/** Convolution in two groups, strided and padded, with or without bias, then a batch norm and ReLU. */
function unit(leaf: (name: string) => Tensor, { bias = false, kernel = leaf('kernel') } = {}) {
  const options = { padding: 1, stride: 2, groups: 2, ...(bias && { bias: leaf('bias') }) }
  const mapped = conv(asInput('x'), kernel, options)
  const [scale, shift, mean, variance] = lists.map(leaf) as [Tensor, Tensor, Tensor, Tensor]
  return { mapped, y: relu(batchNormalization(mapped, scale, shift, { mean, variance }, 1e-3)) }
}

const operators = (outputs: Record<string, Tensor>): string[] =>
  topologicalOrder(Object.values(outputs)).map(({ op }) => op.name)

async function run(outputs: Record<string, Tensor>) {
  const program = await compile(outputs, { threads: 1 })
  const found = await program.run(Object.fromEntries(program.inputs.map(({ name }) => [name, given(name)])))
  await program.release()
  return found
}

describe('a batch norm of constants', () => {
  it.each([false, true])(
    'is folded into the convolution before it, values equal (bias: %s)',
    async (bias) => {
      const { y } = unit(fixed, { bias })
      const folded = foldBatchNorm({ y })
      expect(operators({ y })).toContain('BatchNormalization')
      expect(operators(folded)).not.toContain('BatchNormalization')
      const [wanted, got] = [await run({ y: unit(asInput, { bias }).y }), await run(folded)]
      expectAllclose(got.y as TensorData, wanted.y as TensorData, { rtol: 1e-5, atol: 1e-6 })
    },
  )

  it('is missing from files, and the kernel keeps its name and is read when it is asked for', () => {
    let reads = 0
    const lazy = onDemand('float32', given('kernel').shape, () => {
      reads++
      return Float32Array.from(given('kernel').data, Number)
    })
    const { nodes, initializers } = lower(unit(fixed, { kernel: constant(lazy, 'unit.kernel') }))
    // The convolution is an output too: two of them, one with the norm.
    expect(nodes.map(({ opType }) => opType)).toContain('BatchNormalization')
    const alone = lower({ y: unit(fixed, { kernel: constant(lazy, 'unit.kernel') }).y })
    expect(alone.nodes.map(({ opType }) => opType)).toEqual(['Conv', 'Relu', 'Identity'])
    expect([...alone.initializers.keys()]).toContain('unit.kernel')
    expect(reads).toBe(0)
    const [scale, variance] = ['scale', 'variance'].map((name) => Number(given(name).data[0]))
    const first = Number(given('kernel').data[0]) * (Number(scale) / Math.sqrt(Number(variance) + 1e-3))
    expect(Number(alone.initializers.get('unit.kernel')?.data[0])).toBeCloseTo(first, 6)
    expect(initializers.get('unit.kernel')?.data).toEqual(given('kernel').data)
  })

  it('stays where its statistics or the kernel are inputs, or where the convolution is read elsewhere', () => {
    const { mapped, y } = unit(fixed)
    const trained = unit(fixed, { kernel: parameter('kernel', given('kernel').shape) })
    const moving = unit((name) => (name === 'mean' ? asInput(name) : fixed(name)))
    const kept: Record<string, Tensor>[] = [{ mapped, y }, { y: trained.y }, { y: moving.y }]
    for (const outputs of kept) expect(operators(foldBatchNorm(outputs))).toContain('BatchNormalization')
    const without = { y: relu(mapped) }
    expect(foldBatchNorm(without)).toBe(without)
  })
})
