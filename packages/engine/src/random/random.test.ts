import { describe, expect, it } from 'vitest'
import { random } from './random.ts'

const take = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw)
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length

describe('random', () => {
  it('gives equal numbers for equal keys and others for other keys', () => {
    const of = (...keys: (number | string)[]): number[] => take(8, random(7, ...keys).uniform)
    expect(of('noise', 3)).toEqual(of('noise', 3))
    const streams = [of('noise', 3), of('noise', 4), of('shuffle', 3), of('noise', '3'), of()]
    for (const [i, a] of streams.entries())
      for (const b of streams.slice(i + 1)) for (const [k, value] of a.entries()) expect(value).not.toBe(b[k])
  })

  it('draws uniform, normal and Gumbel numbers with the right moments', () => {
    const stream = random(1, 'moments')
    const uniform = take(50_000, stream.uniform)
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...uniform)).toBeLessThan(1)
    expect(mean(uniform)).toBeCloseTo(0.5, 2)
    const normal = take(50_000, () => stream.normal())
    expect(mean(normal)).toBeCloseTo(0, 1)
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1)
    const gumbel = take(50_000, stream.gumbel)
    expect(mean(gumbel)).toBeCloseTo(0.5772, 1)
  })

  it('shuffles to a permutation, each position equally often', () => {
    const first = new Array<number>(5).fill(0)
    for (let seed = 0; seed < 5000; seed++) {
      const order = random(seed, 'shuffle').shuffle([0, 1, 2, 3, 4])
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4])
      const chosen = order[0] as number
      first[chosen] = (first[chosen] as number) + 1
    }
    for (const count of first) expect(count / 1000).toBeCloseTo(1, 0)
  })
})
