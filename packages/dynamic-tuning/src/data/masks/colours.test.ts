import { describe, expect, it } from 'vitest'
import { ignoredLabel } from '../label-map.ts'
import { classColours, colourByClass } from './colours.ts'

describe('colours of classes', () => {
  it('differ', () => {
    const colours = classColours(40)
    expect(new Set(colours.map((each) => each.map(Math.round).join())).size).toBe(40)
    for (const [i, a] of colours.slice(0, -1).entries()) {
      const b = colours[i + 1] ?? a
      expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(60)
    }
  })

  it('are laid over the pixels of their class, whatever the size of the map', () => {
    const picture = { width: 4, height: 2, data: new Uint8Array(24).fill(100) }
    const map = { width: 2, height: 1, data: Uint16Array.of(1, ignoredLabel) }
    const { data } = colourByClass(picture, map, [
      [0, 0, 0],
      [200, 0, 100],
    ])
    const row = [170, 30, 100, 170, 30, 100, 30, 30, 30, 30, 30, 30]
    expect([...data]).toEqual([...row, ...row])
  })
})
