import { describe, expect, it } from 'vitest'
import { barChart, lineChart, scatterChart } from './plot.ts'

const words = { title: 'T', xLabel: 'step', yLabel: 'loss', styles: 'page' } as const

/** The numbers of every path drawn as a line, in drawing units. */
function paths(svg: string): number[][] {
  return [...svg.matchAll(/class="line [^"]*" d="(M[^h"]+)"/g)].map((m) =>
    ((m[1] as string).match(/-?[\d.]+/g) ?? []).map(Number),
  )
}

describe('lineChart', () => {
  it('places points on a straight scale', () => {
    const svg = lineChart({
      ...words,
      series: [
        {
          name: 'a',
          points: [
            [0, 0],
            [5, 5],
            [10, 10],
          ],
        },
      ],
    })
    // x from 78 to 542, y from 290 up to 44.
    expect(paths(svg)).toEqual([[78, 290, 310, 167, 542, 44]])
  })
  it('keeps a least span, so that small differences look small', () => {
    const yLeast = { span: 5, within: [0, 100] } as const
    const heights = (...values: number[]): number[] => {
      const points = values.map((y, x) => [x, y] as const)
      const [line] = paths(lineChart({ ...words, yLeast, series: [{ name: 'a', points }] }))
      return (line ?? []).filter((_, i) => i % 2 === 1)
    }
    // 2.4 on either side of 97 to 97.2: 94 to 100, 41 units of drawing a point.
    expect(heights(97, 97.2)).toEqual([167, 158.8])
    // 99.9 to 100 have no room above: 95 to 100. 0 to 0.5 have none below: 0 to 5.
    expect(heights(99.9, 100)).toEqual([48.9, 44])
    expect(heights(0, 0.5)).toEqual([290, 265.4])
    // Values outside of the bounds, and those that span more, as they are.
    expect(heights(0, 50, 100)).toEqual([290, 167, 44])
    expect(heights(-1, 0)).toEqual([290, 240.8])
    expect(heights(100, 101)).toEqual([93.2, 44])
    // Without a bound above: 2.2 to 2.2005 in 2.17 to 2.23, 0.0001 in 0 to 0.05.
    const open = { span: 0.05, within: [0, Number.POSITIVE_INFINITY] } as const
    const drawn = (values: readonly [number, number][]): string =>
      lineChart({ ...words, yLeast: open, series: [{ name: 'a', points: values }] })
    expect(
      drawn([
        [0, 2.2],
        [1, 2.2005],
      ]),
    ).toContain('>2.17</text>')
    expect(
      drawn([
        [0, 2.2],
        [1, 2.2005],
      ]),
    ).toContain('>2.23</text>')
    expect(
      drawn([
        [0, 0],
        [1, 0.0001],
      ]),
    ).toContain('>0.05</text>')
  })
  it('spaces decades evenly on a log axis and leaves out x <= 0', () => {
    const points: [number, number][] = [
      [0, 3],
      [1, 0],
      [10, 5],
      [100, 10],
    ]
    const svg = lineChart({ ...words, logX: true, series: [{ name: 'a', points }] })
    expect(paths(svg)).toEqual([[78, 290, 310, 167, 542, 44]])
  })
  it('leaves out points that are not finite and says when nothing is left', () => {
    const points: [number, number][] = [
      [0, 0],
      [1, Number.NaN],
      [2, Number.POSITIVE_INFINITY],
      [10, 10],
    ]
    expect(paths(lineChart({ ...words, series: [{ name: 'a', points }] }))).toEqual([[78, 290, 542, 44]])
    const empty = lineChart({ ...words, series: [{ name: 'a', points: [[0, Number.NaN]] }] })
    expect(empty).toContain('>no data</text>')
    expect(empty).not.toContain('NaN')
  })
  it('thins long lines but keeps both ends and the extremes', () => {
    const points = Array.from({ length: 50_000 }, (_, i): [number, number] => [
      i,
      i === 31_337 ? 10 : i === 400 ? 0 : 5,
    ])
    const [line] = paths(lineChart({ ...words, series: [{ name: 'a', points }] })) as [number[]]
    const heights = line.filter((_, i) => i % 2 === 1)
    expect(heights.length).toBeLessThan(600)
    expect([Math.min(...heights), Math.max(...heights)]).toEqual([44, 290])
    expect([line[0], line.at(-2)]).toEqual([78, 542])
  })
  it('has a legend for two series, repeats colours dashed after six', () => {
    const line = (name: string): { name: string; points: [number, number][] } => ({
      name,
      points: [
        [0, 1],
        [1, 2],
      ],
    })
    const svg = lineChart({ ...words, series: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(line) })
    expect(svg).toContain('>g</text>')
    expect(svg.match(/class="line s0"/g)).toHaveLength(2)
    expect(svg.match(/class="line s0 dash"/g)).toHaveLength(2)
    expect(lineChart({ ...words, series: [line('only')] })).not.toContain('>only</text>')
  })
  it('escapes every text and carries its styles only when it stands alone', () => {
    const bad = '<script>"&\'\u0000'
    const safe = '&lt;script&gt;&quot;&amp;&#39;\ufffd'
    const series = [bad, 'b'].map((name) => ({ name, points: [[0, 1]] as [number, number][] }))
    const svg = lineChart({ title: bad, xLabel: bad, yLabel: bad, description: bad, series })
    expect(svg).not.toMatch(/<script/)
    expect(svg).toContain(`<title>${safe}</title><desc>${safe}</desc><style>`)
    expect(svg).toContain(`aria-label="${safe}"`)
    expect(svg.split(safe)).toHaveLength(8)
    expect(lineChart({ ...words, series: [] })).not.toContain('<style>')
  })
  it('is the same text each time', () => {
    const points = Array.from({ length: 90 }, (_, i): [number, number] => [i, Math.sin(i)])
    const chart = { ...words, series: [{ name: 'a', points }] }
    expect(lineChart(chart)).toBe(lineChart(chart))
  })
})

describe('barChart', () => {
  const bars = [
    { name: '0', value: 0.5 },
    { name: '1', value: 1 },
    { name: '2', value: Number.NaN },
  ]
  it('draws heights in proportion, a target line, and a dash for a missing value', () => {
    const svg = barChart({ ...words, bars, reference: { name: 'target', value: 0.25 } })
    const heights = [...svg.matchAll(/<rect[^>]* height="([\d.]+)"/g)].map((m) => Number(m[1]))
    expect(heights).toEqual([112, 224])
    // Base line at 290: a quarter of 224 above it.
    expect(svg).toContain('<line class="target" x1="78" y1="234" x2="542" y2="234"/>')
    expect(svg).toContain('<title>2: –</title>')
  })
  it('writes values with the given format', () => {
    const svg = barChart({ ...words, bars, yMax: 2, format: (v) => `${v * 100}%` })
    expect(svg).toContain('>50%</text>')
    expect(svg).toContain('>200%</text>')
  })
})

describe('scatterChart', () => {
  it('places points and keeps crowded names apart and inside', () => {
    const near = ['first', 'second', 'third'].map((name) => ({ name, x: 15, y: 80 }))
    const ends = [
      { name: 'low', x: 10, y: 70 },
      { name: 'far to the right', x: 20, y: 90 },
    ]
    const svg = scatterChart({ ...words, points: [...near, ...ends] })
    const labels = [...svg.matchAll(/y="([\d.]+)" class="name" text-anchor="(\w+)">/g)].map(
      (m) => `${m[1]} ${m[2]}`,
    )
    // Beside the point at (310, 169), then left of it, then above; the last name would leave the drawing.
    expect(labels.slice(0, 3)).toEqual(['173.5 start', '173.5 end', '155 middle'])
    expect(labels[4]).toMatch(/end$/)
  })
  it('sets numbers beside points that are too crowded for names, and the names below', () => {
    const points = Array.from({ length: 24 }, (_, i) => ({
      name: `a case with a long name, number ${i + 1}`,
      x: 10 + (i % 5) / 40,
      y: 80 + (i % 7) / 40,
      spread: 0.02,
    }))
    const svg = scatterChart({ ...words, points: [...points, { name: 'far', x: 12, y: 90 }] })
    const drawn = [
      ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" class="name" text-anchor="(\w+)">(\d+)</g),
    ]
    const boxes = drawn.slice(0, 25).map(([, x, y, anchor, text]) => {
      const width = (text as string).length * 7.8
      const left =
        Number(x) - { start: 0, middle: width / 2, end: width }[anchor as 'start' | 'middle' | 'end']
      return { text, left, right: left + width, top: Number(y) - 12, bottom: Number(y) + 3 }
    })
    expect(boxes.map(({ text }) => text)).toEqual(Array.from({ length: 25 }, (_, i) => String(i + 1)))
    const apart = (a: (typeof boxes)[0], b: (typeof boxes)[0]): boolean =>
      a.right <= b.left + 0.2 || b.right <= a.left + 0.2 || a.bottom <= b.top + 0.2 || b.bottom <= a.top + 0.2
    for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) expect(apart(a, b)).toBe(true)
    // The names in one column of 25 rows, below a frame of 340.
    expect(svg).toContain('>a case with a long name, number 24</text>')
    expect(svg).toContain('>far</text>')
    const height = Number(/viewBox="0 0 560 (\d+)"/.exec(svg)?.[1])
    const lowest = Math.max(...[...svg.matchAll(/y="([\d.]+)" class="label"/g)].map((m) => Number(m[1])))
    expect(height).toBeGreaterThan(lowest)
    expect(scatterChart({ ...words, points: [{ name: 'far', x: 12, y: 90 }] })).toContain('0 0 560 340"')
  })
  it('draws the spread as a bar of its own length', () => {
    const points = [
      { name: 'a', x: 1, y: 50, spread: 50 },
      { name: 'b', x: 2, y: 50 },
    ]
    const bar = /class="line" d="M[\d.]+ ([\d.]+)V([\d.]+)M/.exec(scatterChart({ ...words, points }))
    expect([Number(bar?.[1]), Number(bar?.[2])]).toEqual([290, 48])
  })
  it('sets a name clear of the bar of its neighbour', () => {
    const anchor = (spread: number): string | undefined => {
      const points = [
        { name: 'low', x: 0, y: 0 },
        { name: 'beside', x: 5, y: 5 },
        { name: 'neighbour', x: 5.4, y: 9, spread },
        { name: 'high', x: 10, y: 15 },
      ]
      return /text-anchor="(\w+)">beside/.exec(scatterChart({ ...words, points }))?.[1]
    }
    expect([anchor(0), anchor(6)]).toEqual(['start', 'end'])
  })
})
