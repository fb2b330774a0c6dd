import { expect, it } from 'vitest'
import { formatMemory } from './format.ts'

it('formatMemory changes to gigabytes before four digits', () => {
  expect([0.4, 812.3, 999.4, 999.6, 2048, Number.NaN].map(formatMemory)).toEqual([
    '0 MB',
    '812 MB',
    '999 MB',
    '1.0 GB',
    '2.0 GB',
    '–',
  ])
})
