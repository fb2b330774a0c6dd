import { describe, expect, expectTypeOf, it } from 'vitest'
import { tensor } from '../testing/index.ts'
import { dims } from './dims.ts'
import { ShapeError } from './errors.ts'
import type { Dim } from './shape.ts'
import { input } from './tensor.ts'

const tokens = input('x', ['B', 197, 768])

describe('dims', () => {
  it('gives the sizes, typed by name', () => {
    const [B, N, C] = dims(tokens, 'B N C')
    const sizes: [Dim, number, number] = [B, N, C]
    expect(sizes).toEqual(['B', 197, 768])
    expectTypeOf(dims(tokens, 'B N C')).toEqualTypeOf<[Dim, number, number]>()
    expectTypeOf(dims(tokens, '_ N 768')).toEqualTypeOf<[Dim, number, number]>()
    expectTypeOf(dims(tokens, '... C')).toEqualTypeOf<[number]>()
    expectTypeOf(dims(tokens, ['B', 'N', 'C'].join(' '))).toEqualTypeOf<Dim[]>()
  })

  it('gives numbers for values, whose sizes are all known', () => {
    const [B, N] = dims(tensor([2, 3], [1, 2, 3, 4, 5, 6]), 'B N')
    const product: number = B * N
    expect(product).toBe(6)
    expectTypeOf(dims({ shape: [2, 3] }, 'B _')).toEqualTypeOf<[number, number]>()
  })

  it('takes scalars, numbers, unchecked axes and any axes in front', () => {
    expect(dims({ shape: [] }, '')).toEqual([])
    expect(dims({ shape: ['B', 3, 8, 8] }, 'B 3 H H')).toEqual(['B', 3, 8, 8])
    expect(dims({ shape: ['B', '2*N'] }, '_ _')).toEqual(['B', '2*N'])
    expect(dims({ shape: ['B*N', 2, 5] }, '... C')).toEqual([5])
    expect(dims({ shape: [5] }, '... C')).toEqual([5])
    expect(dims({ shape: ['A', 'B'] }, '...')).toEqual([])
    expect(dims({ shape: ['B', 4, 'B'] }, 'B N B')).toEqual(['B', 4, 'B'])
  })

  it.each([
    ['B N C', ['B', 197], "dims: the axes do not fit 'B N C', got [B, 197]. Give a tensor of rank 3."],
    ['N', [2, 3], "dims: the axes do not fit 'N', got [2, 3]. Give a tensor of rank 1."],
    ['... N C', [2], "dims: the axes do not fit '... N C', got [2]. Give a tensor of rank 2 or more."],
    [
      'B N',
      ['B', 'N'],
      "dims: the axes do not fit 'B N', got [B, N]. Axis 1 (N) must be a known number, not N.",
    ],
    ['B 3', ['B', 4], "dims: the axes do not fit 'B 3', got [B, 4]. Axis 1 must be 3, not 4."],
    [
      '... H H',
      [1, 8, 9],
      "dims: the axes do not fit '... H H', got [1, 8, 9]. Axis 2 (H) must be 8 as before, not 9.",
    ],
  ] as const)('refuses %s for %j', (axes, shape, message) => {
    expect(() => dims({ shape }, axes)).toThrow(ShapeError)
    expect(() => dims({ shape }, axes)).toThrow(message)
  })

  it('names the unit in the error', () => {
    expect(() => dims(tokens, 'B C', 'attention')).toThrow(/^attention: the axes/)
  })
})
