import { describe, expect, it } from 'vitest'
import { formatCount, formatDuration, formatMemory, formatPercent, formatRate } from './quantity.ts'

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [15_400, '15.40 k'],
    [999_999, '1.00 M'],
    [1_190_000, '1.19 M'],
    [17.58e9, '17.58 G'],
    [2.5e12, '2.50 T'],
    [-1_190_000, '-1.19 M'],
    [Number.NaN, '–'],
  ])('%d is %s', (value, text) => expect(formatCount(value)).toBe(text))
})

describe('formatDuration', () => {
  it.each([
    [0, '0.0 ms'],
    [0.0123, '12.3 ms'],
    [0.2, '200 ms'],
    [0.9999, '1.0 s'],
    [9.94, '9.9 s'],
    [12.4, '12 s'],
    [59.6, '1 min 00 s'],
    [95, '1 min 35 s'],
    [3599.7, '1 h 00 min'],
    [3720, '1 h 02 min'],
    [86_399, '1 d 00 h'],
    [200_000, '2 d 08 h'],
    [-1, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d s is %s', (value, text) => expect(formatDuration(value)).toBe(text))
})

describe('formatPercent and formatRate', () => {
  it('keep the digits that matter', () => {
    expect([formatPercent(0.7812), formatPercent(1, 0), formatPercent(Number.NaN)]).toEqual([
      '78.1 %',
      '100 %',
      '–',
    ])
    expect([1240.4, 85.31, 9.104, 0.5].map(formatRate)).toEqual(['1240', '85.3', '9.10', '0.50'])
  })
})

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
