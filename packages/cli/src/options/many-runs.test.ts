import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { megabytes } from './many-runs.ts'

describe('--memory', () => {
  it('takes sizes with a unit', () => {
    expect(['12GB', '800MB', '1.5 gib', '1TB'].map(megabytes)).toEqual([12288, 800, 1536, 1048576])
    for (const text of ['12', 'GB', '0GB', '-1GB', '1.2.3GB', '12KB', ''])
      expect(() => megabytes(text)).toThrow(InvalidArgumentError)
  })
})
