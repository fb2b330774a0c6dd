import { describe, expect, it } from 'vitest'
import { ignoredLabel, type LabelMap } from '../../label-map.ts'
import { cutLabels, mirrorLabels, padLabels, resizeLabels } from './label-maps.ts'

const map = (width: number, ...data: number[]): LabelMap => ({
  ...{ width, height: data.length / width },
  data: Uint16Array.from(data),
})
const counted = (width: number, height: number): LabelMap =>
  map(width, ...Array.from({ length: width * height }, (_, i) => i))

describe('label maps', () => {
  it('are resized to the label at floor(i (1 / (m / n)))', () => {
    expect(resizeLabels(counted(3, 2), { width: 5, height: 4 })).toEqual(
      map(5, 0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 3, 3, 4, 4, 5),
    )
    expect(resizeLabels(counted(5, 1), { width: 2, height: 1 })).toEqual(map(2, 0, 2))
    expect(resizeLabels(map(1, ignoredLabel), { width: 2, height: 1 })).toEqual(
      map(2, ignoredLabel, ignoredLabel),
    )
    expect(resizeLabels(counted(3, 2), { width: 3, height: 2 })).toEqual(counted(3, 2))
    expect(resizeLabels(counted(3, 2), { width: 3, height: 1 })).toEqual(map(3, 0, 1, 2))
    expect(resizeLabels(counted(3, 2), { width: 1, height: 2 })).toEqual(map(1, 0, 3))
  })

  it('are one before the exact quotient where double precision is', () => {
    const differences = Array.from({ length: 60 * 60 }, (_, i) => [
      1 + (i % 60),
      1 + Math.floor(i / 60),
    ]).flatMap(([from = 1, to = 1]) => {
      const { data } = resizeLabels(counted(from, 1), { width: to, height: 1 })
      return Array.from(data, (label, i) => Math.floor((i * from) / to) - label)
    })
    expect(new Set(differences)).toEqual(new Set([0, 1]))
    expect(resizeLabels(counted(6, 1), { width: 34, height: 1 }).data[17]).toBe(2)
  })

  it('are cut, mirrored and padded', () => {
    expect(cutLabels(counted(4, 3), { left: 1, top: 1, width: 2, height: 2 })).toEqual(map(2, 5, 6, 9, 10))
    expect(mirrorLabels(counted(3, 2))).toEqual(map(3, 2, 1, 0, 5, 4, 3))
    expect(padLabels(counted(2, 2), { width: 3, height: 3 })).toEqual(
      map(3, 0, 1, ignoredLabel, 2, 3, ...Array<number>(4).fill(ignoredLabel)),
    )
    expect(padLabels(counted(2, 2), { width: 2, height: 2 })).toEqual(counted(2, 2))
    expect(padLabels(counted(2, 1), { width: 2, height: 2 })).toEqual(
      map(2, 0, 1, ignoredLabel, ignoredLabel),
    )
    expect(padLabels(counted(1, 2), { width: 2, height: 2 })).toEqual(
      map(2, 0, ignoredLabel, 1, ignoredLabel),
    )
  })

  it('leave what they are made from as it is', () => {
    const labels = counted(3, 2)
    mirrorLabels(labels)
    expect(labels).toEqual(counted(3, 2))
  })
})
