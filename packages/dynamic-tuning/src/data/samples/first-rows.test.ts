import { describe, expect, it } from 'vitest'
import { firstRows } from './first-rows.ts'
import type { WindowPlace } from './window/place.ts'

const size = { width: 4, height: 4 }
const placeOf = (...counts: number[]): WindowPlace => ({
  ...{ original: size, window: size },
  parts: counts.map((count) => ({
    resized: size,
    mirrored: false,
    windows: Array.from({ length: count }, () => ({ left: 0, top: 0 })),
  })),
})

describe('first rows of examples', () => {
  it('are those after the windows of all examples before', () => {
    const places = [placeOf(2, 3), placeOf(1), placeOf(4)]
    expect(firstRows(places)).toEqual([
      { row: 0, place: places[0] },
      { row: 5, place: places[1] },
      { row: 6, place: places[2] },
    ])
  })

  it('are one after the other without windows', () => {
    expect(firstRows([undefined, undefined, undefined])).toEqual([{ row: 0 }, { row: 1 }, { row: 2 }])
  })
})
