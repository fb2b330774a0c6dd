import { describe, expect, it } from 'vitest'
import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import { chooseCrop } from './choose-crop.ts'

const x = ignoredLabel
/** Two rows: boxes of 2 x 2 at columns 0 ... 8. */
const rows: LabelMap = {
  ...{ width: 10, height: 2 },
  data: Uint16Array.of(...[1, 1, 1, 2, 3, x, x, x, 4, 4], ...[1, 1, 1, 1, 3, x, x, 4, x, 5]),
}
const two = { width: 2, height: 2 }

/** Gives corners at these columns one after the other; counts them. */
function corners(...columns: number[]) {
  let given = 0
  const next = () => ({ top: 0, left: columns[given++] ?? Number.NaN })
  return { next, given: () => given }
}

function chosen(share: number, ...columns: number[]): number {
  const draws = corners(...columns)
  const box = chooseCrop(rows, two, share, draws.next)
  expect(box).toEqual({ top: 0, left: columns[draws.given() - 1], ...two })
  return draws.given() - 1
}

describe('chooseCrop', () => {
  it('refuses boxes of one class, and those where one has its share or more', () => {
    expect(chosen(0.75, 0, 3)).toBe(1) // 1 1 1 1, then 2 3 1 3: half
    expect(chosen(0.75, 2, 3)).toBe(1) // 1 2 1 1: exactly 0.75 is too much
    expect(chosen(0.76, 2, 3)).toBe(0)
    expect(chosen(0.75, 3, 0)).toBe(0)
  })

  it('counts labelled pixels alone', () => {
    expect(chosen(0.75, 4, 3)).toBe(1) // 3 x 3 x: one class
    expect(chosen(0.75, 5, 3)).toBe(1) // none at all
    expect(chosen(0.75, 7, 3)).toBe(1) // x 4 4 x: one class
    expect(chosen(0.7, 8, 3)).toBe(0) // 4 4 x 5: two thirds
    expect(chosen(0.66, 8, 3)).toBe(1)
  })

  it('takes the eleventh box after ten refusals, and the first if the share is 1', () => {
    expect(chosen(0.75, ...Array<number>(12).fill(0))).toBe(10)
    expect(chosen(1, 0, 3)).toBe(0)
  })

  it('keeps a side whole that is shorter than the box', () => {
    const box = chooseCrop(rows, { width: 3, height: 5 }, 0.75, () => ({ top: 0, left: 3 }))
    expect(box).toEqual({ top: 0, left: 3, width: 3, height: 2 })
  })
})
