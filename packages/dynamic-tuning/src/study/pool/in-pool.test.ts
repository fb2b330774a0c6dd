import { describe, expect, it } from 'vitest'
import { inPool, type PoolLimits } from './in-pool.ts'

/** Works on the items until `end` is called for each. */
function begin(items: readonly number[], limits: PoolLimits<number>) {
  const begun: number[] = []
  const ends = new Map<number, () => void>()
  const all = inPool(items, limits, (item) => {
    begun.push(item)
    return new Promise((resolve) => ends.set(item, resolve))
  })
  const end = async (item: number): Promise<void> => {
    ends.get(item)?.()
    await new Promise(setImmediate)
  }
  return { all, begun, end }
}

describe('inPool', () => {
  it('begins in order, with as many at a time as allowed', async () => {
    const { all, begun, end } = begin([1, 2, 3, 4], { jobs: 2 })
    expect(begun).toEqual([1, 2])
    await end(2)
    expect(begun).toEqual([1, 2, 3])
    await end(3)
    await end(1)
    expect(begun).toEqual([1, 2, 3, 4])
    await end(4)
    await all
  })

  it('begins only what there is room for, a small one before a large one, and the largest alone', async () => {
    const { all, begun, end } = begin([5, 6, 3, 20, 1], { jobs: 9, room: 10, sizeOf: (item) => item })
    expect(begun).toEqual([5, 3, 1])
    await end(3)
    expect(begun).toEqual([5, 3, 1])
    await end(5)
    expect(begun).toEqual([5, 3, 1, 6])
    await end(6)
    await end(1)
    expect(begun).toEqual([5, 3, 1, 6, 20])
    await end(20)
    await all
  })

  it('asks for sizes anew when something ends', async () => {
    let size = 10
    const { all, begun, end } = begin([1, 2, 3], { jobs: 9, room: 10, sizeOf: () => size })
    expect(begun).toEqual([1])
    size = 5
    await end(1)
    expect(begun).toEqual([1, 2, 3])
    await end(2)
    await end(3)
    await all
  })

  it('does nothing for nothing, and passes a failure on', async () => {
    await inPool([], { jobs: 3 }, () => Promise.reject(new Error('never')))
    await expect(inPool([1], { jobs: 3 }, () => Promise.reject(new Error('once')))).rejects.toThrow('once')
  })
})
