import { describe, expect, it } from 'vitest'
import type { Pixels } from '../sources/pixels.ts'
import { cacheMemory, pixelCache } from './pixel-cache.ts'

function filled(width: number, height: number, value: number): Pixels {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) }
}

describe('pixelCache', () => {
  it('gives back what was put in, also through another view of the memory', () => {
    const memory = cacheMemory(3, 1000)
    const cache = pixelCache(memory)
    cache.put(2, filled(3, 5, 7))
    cache.put(0, filled(1, 1, 9))
    const other = pixelCache(memory)
    expect(other.get(2)).toEqual(filled(3, 5, 7))
    expect(other.get(0)).toEqual(filled(1, 1, 9))
    expect(other.get(1)).toBeUndefined()
  })

  it('passes over images that do not fit, and takes later ones that do', () => {
    const cache = pixelCache(cacheMemory(4, 100))
    cache.put(0, filled(5, 5, 1))
    cache.put(1, filled(5, 5, 2))
    cache.put(2, filled(2, 4, 3))
    expect(cache.get(0)).toEqual(filled(5, 5, 1))
    expect(cache.get(1)).toBeUndefined()
    expect(cache.get(2)).toEqual(filled(2, 4, 3))
    cache.put(3, filled(1, 1, 4))
    expect(cache.get(3)).toBeUndefined()
    expect(cache.get(0)).toEqual(filled(5, 5, 1))
  })

  it('keeps the first image put under an index', () => {
    const cache = pixelCache(cacheMemory(1, 100))
    cache.put(0, filled(2, 2, 1))
    cache.put(0, filled(2, 2, 2))
    expect(cache.get(0)).toEqual(filled(2, 2, 1))
  })
})
