import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { ignoredLabel } from '../label-map.ts'
import { classColours } from './colours.ts'
import { maskPng } from './write-mask.ts'

const map = { width: 3, height: 1, data: Uint16Array.of(2, 0, ignoredLabel) }

describe('masks as PNG', () => {
  it('have class numbers in a palette, 255 for ignored pixels', () => {
    const { data, palette, depth } = decode(maskPng(map, classColours(4)))
    expect([depth, ...data]).toEqual([8, 2, 0, 255])
    expect(palette?.[2]).toEqual(classColours(4)[2]?.map(Math.round))
    expect(palette?.[255]).toEqual([0, 0, 0])
  })

  it('have 16 bits for 256 classes or more', () => {
    const { data, depth } = decode(
      maskPng({ ...map, data: Uint16Array.of(300, 0, ignoredLabel) }, classColours(301)),
    )
    expect([depth, ...data]).toEqual([16, 300, 0, 65535])
  })
})
