import { describe, expect, it } from 'vitest'
import { csvText } from './text-tables.ts'

const csv = (...values: unknown[]): string =>
  csvText([{ name: 'a', value: (value) => value }], values)
    .replace('a\r\n', '')
    .replaceAll('\r\n', '|')

describe('csvText', () => {
  it('puts an apostrophe before what a spreadsheet would run', () => {
    expect(csv('=1+1', '+cmd', '-x', '@sum', '\tx')).toBe("'=1+1|'+cmd|'-x|'@sum|'\tx|")
    expect(csv('=HYPERLINK("x","y")')).toBe('"\'=HYPERLINK(""x"",""y"")"|')
    expect(csvText([{ name: '=a', value: () => 1 }], [0])).toBe("'=a\r\n1\r\n")
  })

  it('leaves numbers, JSON and other text as they are', () => {
    expect(csv(-0.5, 1e-7, '-0.5', '+3', '-1e-7', '-.5')).toBe('-0.5|1e-7|-0.5|+3|-1e-7|-.5|')
    expect(csv('a=b', "it's", [-1, 2], undefined, Number.NEGATIVE_INFINITY)).toBe(
      'a=b|it\'s|"[-1,2]"||-Infinity|',
    )
  })
})
