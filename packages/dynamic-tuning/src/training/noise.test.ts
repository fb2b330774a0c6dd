import { describe, expect, it } from 'vitest'
import { dropFactors, gumbelNoise } from './noise.ts'

const key = { seed: 7, step: 3, first: 0 }
/** Rows of image `image` in every layer of [L, B, row]. */
const ofImage = (data: Float32Array, layers: number, images: number, image: number): number[] =>
  Array.from({ length: layers }, (_, layer) => {
    const row = data.length / layers / images
    return [...data.subarray((layer * images + image) * row, (layer * images + image + 1) * row)]
  }).flat()

describe('gumbelNoise', () => {
  it('is logistic: mean 0, variance pi^2 / 3, and its distribution', () => {
    const { data, shape } = gumbelNoise(key, [4, 50, 500])
    expect(shape).toEqual([4, 50, 500, 1])
    const mean = data.reduce((a, b) => a + b, 0) / data.length
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(variance).toBeCloseTo(Math.PI ** 2 / 3, 1)
    for (const at of [-2, -0.5, 0, 1, 3]) {
      const share = data.reduce((count, value) => count + Number(value < at), 0) / data.length
      expect(Math.abs(share - 1 / (1 + Math.exp(-at)))).toBeLessThan(0.006)
    }
    expect(data.every(Number.isFinite)).toBe(true)
  })

  it('does not depend on how a batch is cut', () => {
    const whole = gumbelNoise(key, [3, 5, 4]).data
    for (const [first, size] of [
      [0, 2],
      [2, 3],
      [4, 1],
    ] as const) {
      const part = gumbelNoise({ ...key, first }, [3, size, 4]).data
      for (let image = 0; image < size; image++)
        expect(ofImage(part, 3, size, image)).toEqual(ofImage(whole, 3, 5, first + image))
    }
  })

  it('is new for each seed, step, image and layer, and the same for the same', () => {
    const draw = (change: object) => [...gumbelNoise({ ...key, ...change }, [1, 1, 6]).data]
    expect(draw({})).toEqual(draw({}))
    const all = [draw({}), draw({ seed: 8 }), draw({ step: 4 }), draw({ first: 1 })]
    const layers = gumbelNoise(key, [2, 1, 6]).data
    expect([...layers.subarray(0, 6)]).toEqual(draw({}))
    all.push([...layers.subarray(6)])
    expect(new Set(all.map(String)).size).toBe(5)
  })
})

describe('dropFactors', () => {
  const drop = (change: object, chances: readonly number[], sizes: [number, ...number[]]) =>
    dropFactors({ ...key, kind: 'dropout', pass: 'a', ...change }, chances, sizes)

  it('are 0 or 1 / (1 - p), 1 on average, with a chance for each slot', () => {
    const { data, shape } = drop({}, [0.25, 0.5], [10, 50, 30])
    expect(shape).toEqual([2, 10, 50, 30])
    for (const [slot, chance] of [0.25, 0.5].entries()) {
      const own = data.subarray(slot * 15000, (slot + 1) * 15000)
      expect(new Set(own)).toEqual(new Set([0, Math.fround(1 / (1 - chance))]))
      const zeros = own.reduce((count, value) => count + Number(value === 0), 0) / own.length
      expect(Math.abs(zeros - chance)).toBeLessThan(0.015)
    }
  })

  it('do not depend on how a batch is cut, but on the pass and the kind', () => {
    const whole = drop({}, [0.5, 0.5], [3, 4, 5]).data
    const last = drop({ first: 2 }, [0.5, 0.5], [1, 4, 5]).data
    expect(ofImage(last, 2, 1, 0)).toEqual(ofImage(whole, 2, 3, 2))
    for (const other of [{ pass: 'b' }, { kind: 'drop path' }, { step: 4 }, { seed: 8 }])
      expect(drop(other, [0.5, 0.5], [3, 4, 5]).data).not.toEqual(whole)
  })

  it('are the numbers that runs have always been drawn', () => {
    const bits = (data: Float32Array): string => [...data].map((value) => Number(value > 0)).join('')
    expect(bits(drop({ pass: 'dropout' }, [0.5], [2, 2, 8]).data)).toBe('00011100101011011010111000101000')
    expect(bits(drop({ pass: 'dropPath', kind: 'drop path' }, [0.2, 0.6], [8, 1]).data)).toBe(
      '1111111100001000',
    )
  })
})
