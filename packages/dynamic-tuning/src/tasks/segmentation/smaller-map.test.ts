import { expect, it } from 'vitest'
import { smallerMap } from './smaller-map.ts'

it('keeps small maps, and takes the label in the middle of each part of large ones', () => {
  const map = { width: 6, height: 3, data: Uint16Array.from({ length: 18 }, (_, i) => i) }
  expect(smallerMap(map, 6)).toBe(map)
  expect(smallerMap(map, 2)).toEqual({ width: 2, height: 1, data: Uint16Array.of(7, 10) })
})
