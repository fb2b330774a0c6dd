import { InvalidArgumentError } from 'commander'
import { expect, it } from 'vitest'
import { manyRunsFlags } from './many-runs.ts'

it('--memory is read as everywhere, and given on in MB of 2^20 bytes', () => {
  const memory = manyRunsFlags().find((option) => option.attributeName() === 'memory')
  const read = (text: string) => memory?.parseArg?.(text, undefined)
  expect(['512MiB', '1.5 gib', '1048576000'].map(read)).toEqual([512, 1536, 1000])
  expect(read('12GB')).toBeCloseTo(11444.1, 1)
  for (const text of ['GB', '-1GB', '1.2.3GB', '12 potatoes', ''])
    expect(() => read(text)).toThrow(InvalidArgumentError)
})
