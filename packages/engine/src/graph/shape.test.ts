import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShapeError } from './errors.ts'
import { broadcastShapes, checkAxis, divideDims, evaluateDim, evaluateSize, multiplyDims } from './shape.ts'

const symbols = { A: 2, B: 3, K: 0 }
const dim = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.subarray(['A', 'B', 'K']))
  .map(([coefficient, names]) => multiplyDims(coefficient, ...names))

describe('sizes', () => {
  it('multiply and divide as the numbers they stand for', () => {
    const property = fc.property(dim, dim, (a, b) => {
      const product = multiplyDims(a, b)
      expect(evaluateDim(product, symbols)).toBe(evaluateDim(a, symbols) * evaluateDim(b, symbols))
      expect(multiplyDims(b, a)).toBe(product)
      expect(divideDims(product, b)).toBe(a)
    })
    fc.assert(property, { seed: 1 })
  })

  it('have one spelling', () => {
    expect(multiplyDims('B', 2, 'A')).toBe('2*A*B')
    expect(multiplyDims('3*B', 2)).toBe('6*B')
    expect(multiplyDims('B', 0)).toBe(0)
    expect(multiplyDims()).toBe(1)
    expect(divideDims('6*B', 3)).toBe('2*B')
    expect(divideDims('6*B', 'B')).toBe(6)
  })

  it('do not divide where something is left', () => {
    expect(divideDims(6, 4)).toBeUndefined()
    expect(divideDims('B', 'A')).toBeUndefined()
    expect(divideDims('B', 2)).toBeUndefined()
    expect(divideDims(6, 0)).toBeUndefined()
  })

  it('have a value once all symbols have', () => {
    expect(evaluateSize(['2*A', 5, 'B'], symbols)).toBe(60)
    expect(evaluateSize([])).toBe(1)
    expect(() => evaluateDim('2*C', symbols)).toThrow(ShapeError)
    expect(() => evaluateDim('2*C', symbols)).toThrow(/size 2\*C: symbol C has no value/)
  })
})

describe('shapes', () => {
  it('broadcast by the rule of NumPy, in any order', () => {
    expect(broadcastShapes('add', [['B', 1, 3], [4, 1], []])).toEqual(['B', 4, 3])
    expect(broadcastShapes('add', [[1], ['B', 1]])).toEqual(['B', 1])
    expect(() =>
      broadcastShapes('add', [
        ['B', 3],
        ['A', 3],
      ]),
    ).toThrow(/add: shapes do not broadcast, \[B, 3\] and \[A, 3\]/)
    expect(() => broadcastShapes('add', [[0], [2]])).toThrow(ShapeError)
  })

  it('count axes from either end', () => {
    expect([checkAxis('x', -1, 3), checkAxis('x', 0, 3), checkAxis('x', -3, 3)]).toEqual([2, 0, 0])
    for (const axis of [3, -4, 0.5, Number.NaN])
      expect(() => checkAxis('sum', axis, 3)).toThrow(/sum: axis .* outside rank 3/)
  })
})
