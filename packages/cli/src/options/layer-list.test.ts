import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { layerList } from './layer-list.ts'

describe('layerList', () => {
  it('reads numbers and ranges', () => {
    expect(layerList('0-3,8')).toEqual([0, 1, 2, 3, 8])
    expect(layerList(' 5 , 7-7')).toEqual([5, 7])
  })

  it.each(['', 'a', '3-1', '1,,2', '-1', '0-5000'])('refuses "%s"', (text) => {
    expect(() => layerList(text)).toThrow(InvalidArgumentError)
  })
})
