import { describe, expect, it } from 'vitest'
import { inParallel } from './in-parallel.ts'

describe('inParallel', () => {
  it('begins in order, with as many at a time as allowed', async () => {
    const begun: number[] = []
    const ends = new Map<number, () => void>()
    const all = inParallel([1, 2, 3, 4], 2, (item) => {
      begun.push(item)
      return new Promise((resolve) => ends.set(item, resolve))
    })
    const end = async (item: number): Promise<void> => {
      ends.get(item)?.()
      await new Promise(setImmediate)
    }
    expect(begun).toEqual([1, 2])
    await end(2)
    expect(begun).toEqual([1, 2, 3])
    await end(3)
    await end(1)
    expect(begun).toEqual([1, 2, 3, 4])
    await end(4)
    await all
  })

  it('does nothing for nothing, and passes a failure on', async () => {
    await inParallel([], 3, () => Promise.reject(new Error('never')))
    await expect(inParallel([1], 3, () => Promise.reject(new Error('once')))).rejects.toThrow('once')
  })
})
