import { describe, expect, it } from 'vitest'
import { paintFor, plain } from './output.ts'
import { renderTable } from './table.ts'
import { displayWidth } from './width.ts'

describe('renderTable', () => {
  it('aligns numbers right and words left', () => {
    const rows = [
      ['full tuning', '86.9 %', '85.80 M', 6.38],
      ['dyt', '7.4 %', undefined, 10],
    ]
    expect(renderTable(['method', 'accuracy', 'trainable', 'images/s'], rows)).toBe(
      [
        'method       accuracy  trainable  images/s',
        '───────────  ────────  ─────────  ────────',
        'full tuning    86.9 %    85.80 M      6.38',
        'dyt             7.4 %          –        10',
        '',
      ].join('\n'),
    )
  })
  it('goes on below with the first column where a terminal is too narrow', () => {
    const paint = { ...plain, columns: 16 }
    const table = renderTable(['method', 'accuracy', 'FLOPs'], [['dyt', '7 %', '1 M']], { paint })
    expect(table).toBe(
      [
        'method  accuracy',
        '──────  ────────',
        'dyt          7 %',
        '',
        'method  FLOPs',
        '──────  ─────',
        'dyt       1 M',
        '',
      ].join('\n'),
    )
    const narrow = { paint: { ...plain, columns: 3 } }
    const rows = [['dyt', '7 %', '1 M']]
    expect(renderTable(['method', 'accuracy'], rows, narrow)).toBe(renderTable(['method', 'accuracy'], rows))
    expect(renderTable(['method', 'rate', 'FLOPs', 'm'], rows, { ...narrow, keys: 2 })).toBe(
      ['method  rate  FLOPs', 'method  rate  m']
        .map((heads) =>
          renderTable(
            heads.split('  '),
            rows.map(([a, b, c]) => (heads.endsWith('m') ? [a, b] : [a, b, c])),
          ),
        )
        .join('\n'),
    )
  })
  it('knows numbers with units and signs, and obeys a given side', () => {
    const right = (cell: string): boolean =>
      renderTable(['heading of it'], [[cell]]).split('\n')[2]?.[0] === ' '
    for (const cell of ['1.43×', '-3', '−0.5', '12.3 ms', '86.9 % ± 0.4', '1e-5', '9 images/s']) {
      expect([cell, right(cell)]).toEqual([cell, true])
    }
    for (const cell of ['n01440764', 'vit', '3 of 4', '2026-11-23'])
      expect([cell, right(cell)]).toEqual([cell, false])
    expect(renderTable([{ name: 'abc', align: 'right' }], [['x']]).split('\n')[2]).toBe('  x')
    expect(renderTable([{ name: 'abc', align: 'left' }], [[1]]).split('\n')[2]).toBe('1')
  })
  it('keeps columns straight with wide letters, and cells harmless and short', () => {
    const text = renderTable(
      ['class', 'n'],
      [
        ['猫🐕', 1],
        ['a\u001b[2J\nb', 22],
        ['x'.repeat(99), 3],
      ],
      { maxCell: 12 },
    )
    const lines = text.trimEnd().split('\n')
    expect(lines.slice(1).map(displayWidth)).toEqual([16, 16, 16, 16])
    expect(lines[3]).toBe('a\ufffd[2J b       22')
    expect(lines[4]).toBe('xxxxxxxxxxx…   3')
  })
  it('is coloured only on a terminal that wants it', () => {
    const text = (isTTY: boolean, environment: Record<string, string>): string =>
      renderTable(['a'], [[1]], { paint: paintFor({ write: () => true, isTTY }, environment) })
    expect(text(true, {})).toBe('\u001b[1ma\u001b[22m\n\u001b[2m─\u001b[22m\n1\n')
    expect(text(true, { NO_COLOR: '1' })).toBe('a\n─\n1\n')
    expect(text(false, {})).toBe('a\n─\n1\n')
  })
})
