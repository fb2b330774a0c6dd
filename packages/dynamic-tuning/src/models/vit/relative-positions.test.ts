import { describe, expect, it } from 'vitest'
import { readSafetensors } from '../../io/safetensors.ts'
import { allReferences, extra } from '../../verification/reference.test.support.ts'
import { biasRows, relativePositionIndex } from './relative-positions.ts'

const indexOf = (...[grid, prefix, patches]: Parameters<typeof relativePositionIndex>): number[] =>
  Array.from(relativePositionIndex(grid, prefix, patches), Number)

describe('the index of relative positions', () => {
  it('gives pairs of patches with the same distance the same row, and no others', () => {
    for (const [height, width] of [
      [2, 3],
      [3, 2],
      [1, 4],
      [4, 4],
    ] as const) {
      const count = height * width
      const index = indexOf([height, width], 1)
      const rows = new Map<number, string>()
      for (let query = 0; query < count; query++)
        for (let key = 0; key < count; key++) {
          const row = index[(query + 1) * (count + 1) + key + 1] as number
          const distance = `${Math.floor(query / width) - Math.floor(key / width)} ${(query % width) - (key % width)}`
          expect(rows.get(row) ?? distance).toBe(distance)
          rows.set(row, distance)
        }
      expect(new Set(rows.values()).size).toBe(rows.size)
      expect(rows.size).toBe((2 * height - 1) * (2 * width - 1))
      expect(Math.max(...index)).toBe(biasRows([height, width]) - 1)
    }
  })

  it('treats all tokens before the patches as class tokens', () => {
    const [one, three] = [1, 3].map((prefix) => indexOf([2, 2], prefix))
    const last = biasRows([2, 2]) - 1
    expect(one?.slice(0, 5)).toEqual([last, last - 2, last - 2, last - 2, last - 2])
    expect(three?.slice(0, 7)).toEqual([last, last, last, last - 2, last - 2, last - 2, last - 2])
    expect(three?.slice(3 * 7, 3 * 7 + 4)).toEqual([last - 1, last - 1, last - 1, one?.[6]])
    expect(indexOf([2, 2], 2, false)).toEqual([last, last, last, last])
  })

  it.each(extra('segmentation'))('is that of official models: %s', (folder) => {
    const expected = readSafetensors(`${allReferences}${folder}/expected.safetensors`)
    const wanted = expected.get('relative_position_index')?.data as BigInt64Array
    expect(indexOf([8, 8], 1)).toEqual([...wanted].map(Number))
  })
})
