import { describe, expect, it } from 'vitest'
import { linear } from '../ops/matrix.ts'
import { compile } from '../runtime/node.ts'
import { isOnDemand, onDemand } from './on-demand.ts'
import { constant, input } from './tensor.ts'

/** A tensor that counts how often its values were read. */
function counted(values: readonly number[], shape: readonly number[]) {
  const reads = { count: 0 }
  const tensor = onDemand('float32', shape, () => {
    reads.count++
    return Float32Array.from(values)
  })
  return { tensor, reads }
}

describe('values on demand', () => {
  it('are read when asked for, and once in a row', () => {
    const { tensor, reads } = counted([1, 2, 3], [3])
    expect(isOnDemand(tensor)).toBe(true)
    expect(reads.count).toBe(0)
    expect([tensor.data[0], tensor.data[1], tensor.data[2]]).toEqual([1, 2, 3])
    expect(reads.count).toBe(1)
  })

  it('are not kept when others are read', () => {
    const [a, b] = [counted([1], [1]), counted([2], [1])]
    expect([a.tensor.data[0], b.tensor.data[0], a.tensor.data[0]]).toEqual([1, 2, 1])
    expect([a.reads.count, b.reads.count]).toEqual([2, 1])
  })

  it('survive being spread as plain values', () => {
    const { tensor } = counted([4, 5], [2])
    const copy = { ...tensor, shape: [1, 2] }
    expect(isOnDemand(copy)).toBe(false)
    expect([...copy.data]).toEqual([4, 5])
  })

  it('are read once by a compiled program, when it is made', async () => {
    const { tensor, reads } = counted([1, 2, 3, 4, 5, 6], [2, 3])
    const y = linear(input('x', ['B', 3]), constant(tensor, 'weight'))
    expect(reads.count).toBe(0)
    const program = await compile({ y })
    expect(reads.count).toBe(1)
    const { y: result } = await program.run({ x: Float32Array.of(1, 1, 1, 1, 0, 0) })
    expect([...result.data]).toEqual([6, 15, 1, 4])
    await program.release()
  })
})
