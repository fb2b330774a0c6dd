import { expect, it } from 'vitest'
import { byteSize } from './bytes.ts'

it('reads amounts of memory', () => {
  const texts = ['0', '1500', '2GB', '1.5 GB', '512MiB', '3kb', '1gib', '1TB', '1TiB']
  expect(texts.map(byteSize)).toEqual([0, 1500, 2e9, 1.5e9, 2 ** 29, 3000, 2 ** 30, 1e12, 2 ** 40])
  for (const wrong of ['', 'GB', '-1GB', '2 potatoes', '2G B'])
    expect(() => byteSize(wrong)).toThrow(/such as 512MB/)
})
