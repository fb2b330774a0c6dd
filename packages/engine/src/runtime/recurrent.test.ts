import { describe, expect, it } from 'vitest'
import type { TensorData } from '../graph/dtype.ts'
import { GraphError } from '../graph/errors.ts'
import { input } from '../graph/tensor.ts'
import { add, mul } from '../ops/elementwise.ts'
import { reduceSum } from '../ops/reduce.ts'
import { compileRecurrent } from './node.ts'

const row = (...values: number[]): TensorData<'float32'> => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
})

/** count' = count + x, and the sum of the counts. */
function counting() {
  const [count, x] = [input('count', [3]), input('x', [3])]
  const next = add(count, x)
  return { next, sum: reduceSum(mul(next, 1)) }
}

describe('a recurrent program', () => {
  it('carries outputs into its next run', async () => {
    const start = { count: row(1, 2, 3) }
    const program = await compileRecurrent(counting(), { state: { count: 'next' }, start, threads: 1 })
    expect(program.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(program.outputs.map(({ name }) => name)).toEqual(['sum'])
    expect(await program.state()).toEqual(start)
    const outputs = await program.run({ x: row(1, 1, 1) })
    expect(outputs).toEqual({ sum: { dtype: 'float32', shape: [], data: Float32Array.of(9) } })
    expect((await program.state()).count).toEqual(row(2, 3, 4))
    await program.run({ x: row(0, 0, 2) })
    const { sum } = await program.run({ x: row(1, 0, 0) })
    expect(sum?.data).toEqual(Float32Array.of(12))
    expect((await program.state()).count).toEqual(row(3, 3, 6))
    expect(start.count).toEqual(row(1, 2, 3))
    await expect(program.run({ x: row(1, 1, 1), count: row(0, 0, 0) })).rejects.toThrow(
      /no input is called count/,
    )
    program.carry(start)
    expect(await program.state()).toEqual(start)
    expect((await program.run({ x: row(0, 0, 0) })).sum?.data).toEqual(Float32Array.of(6))
    expect(() => program.carry({ count: row(1, 2) })).toThrow(/count starts from float32 \[2\]/)
    expect(() => program.carry({ x: row(1, 2, 3) })).toThrow(/no state is called x/)
    await program.release()
    await expect(program.run({ x: row(1, 1, 1) })).rejects.toThrow(GraphError)
  })

  it.each([
    ['an unknown input', { counts: 'next' }, { counts: row(1, 2, 3) }, /state counts is to come from next/],
    ['an unknown output', { count: 'more' }, { count: row(1, 2, 3) }, /state count is to come from more/],
    [
      'other sizes',
      { count: 'sum' },
      { count: row(1, 2, 3) },
      /input count is float32 \[3\], output sum is float32 \[\]/,
    ],
    ['no start', { count: 'next' }, {}, /count starts from nothing. Give float32 \[3\]/],
    ['a start of other sizes', { count: 'next' }, { count: row(1, 2) }, /starts from float32 \[2\]/],
  ])('refuses %s', async (_what, state, start, message) => {
    const options = { state, start: start as Record<string, TensorData> }
    await expect(compileRecurrent(counting(), options)).rejects.toThrow(message)
  })
})
