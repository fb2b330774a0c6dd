import { describe, expect, it } from 'vitest'
import { taskNamed } from '../tasks/registry.ts'
import { type ReportInput, renderReport } from './page.ts'
import type { MethodRow } from './page-tables.ts'

const bad = `"><script>alert('1')</script>&\u0007`
const safe = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\ufffd'

const [measure] = taskNamed().measures
const methods = (rows: readonly MethodRow[]) => ({ rows, measure, sample: 'image' as const })

const full: ReportInput = {
  title: bad,
  subtitle: bad,
  headline: [{ label: bad, value: bad, note: bad }],
  methods: methods([
    {
      method: bad,
      score: 0.9,
      spread: 0.01,
      trainableParams: 1.19e6,
      flops: 17.58e9,
      imagesPerSecond: 6,
    },
    {
      method: 'dyt',
      score: 0.8,
      trainableParams: 5,
      flops: 12.5e9,
      imagesPerSecond: 9,
      activeRate: 0.496,
    },
  ]),
  curves: [
    {
      title: bad,
      xLabel: bad,
      yLabel: bad,
      series: [
        { name: bad, points: [[0, 1]] },
        { name: 'b', points: [] },
      ],
    },
  ],
  activeRatePerLayer: [{ layer: 0, rate: 0.25 }],
  targetRate: 0.5,
  pictures: [{ png: Uint8Array.from([0x89, 0x50, 0x4e, 0x47]), caption: bad }],
  settings: { [bad]: bad, dyt: { rate: 0.5, list: ['a', bad] }, nothing: null, absent: undefined },
  notes: [bad],
}

const row = { method: 'a', score: 0.9, trainableParams: 5, flops: 1e9, imagesPerSecond: 6 }

describe('renderReport', () => {
  const html = renderReport(full)

  it('lets no text become markup', () => {
    expect(html).not.toMatch(/<script/)
    expect(html).not.toContain('\u0007')
    expect(html).toContain(`<title>${safe}</title>`)
    expect(html).toContain(`<figcaption>${safe}</figcaption>`)
    expect(html).toContain(`<img alt="${safe}" src="data:image/png;base64,iVBORw=="`)
    expect(html).toContain(`<th scope="row">${safe}</th><td>${safe}</td>`)
  })
  it('fetches nothing', () => {
    const addresses = [...html.matchAll(/(?:src|href|url)\s*[=(]\s*"?([^")\s>]+)/g)].map((m) => m[1])
    expect(addresses).toEqual(['data:image/png;base64,iVBORw=='])
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//)
  })
  it('shows numbers with their units, the best of each column in bold', () => {
    expect(html).toContain(
      '<td class="best">90.0 % <span class="spread">± 1.0</span></td><td>1.19 M</td><td>17.58 G</td><td>6.00</td><td>–</td>',
    )
    expect(html).toContain(
      '<td>80.0 % <span class="spread"></span></td><td>5</td><td class="best">12.50 G</td><td class="best">9.00</td><td>49.6 %</td>',
    )
    expect(html).toContain('>target 50 %</text>')
    expect(html).toContain('<th scope="row">dyt.rate</th><td>0.5</td>')
    expect(html).toContain('<th scope="row">nothing</th><td>null</td>')
    expect(html).not.toContain('absent')
  })
  it('adds columns that a method has values for, and goes without a speed', () => {
    const rows = [
      { ...row, method: 'a', imagesPerSecond: Number.NaN },
      { ...row, method: 'b', seeds: 3, seconds: 95, peakMemoryMB: 812 },
    ]
    const page = renderReport({ title: 'x', headline: [], curves: [], methods: methods(rows) })
    expect(page).toContain(
      '<th scope="col">images/s</th><th scope="col">seeds</th><th scope="col">training</th><th scope="col">peak memory</th></tr>',
    )
    expect(page).toContain('<td>–</td><td>–</td><td>–</td><td>–</td></tr>')
    expect(page).toContain('>GFLOPs per image</text>')
    const small = rows.map((each) => ({ ...each, flops: 3e8 }))
    expect(renderReport({ title: 'x', headline: [], curves: [], methods: methods(small) })).toContain(
      '>MFLOPs per image</text>',
    )
    expect(page).toContain('<td class="best">6.00</td><td>3</td><td>1 min 35 s</td><td>812 MB</td></tr>')
  })
  it('closes every element it opens', () => {
    const open: string[] = []
    const empty = new Set(['meta', 'img', '!doctype'])
    for (const [, close, name, self] of html.matchAll(/<(\/?)([!a-z][a-z0-9]*)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name)
      else if (!self && !empty.has(name as string)) open.push(name as string)
    }
    expect(open).toEqual([])
  })
  it('leaves out sections without data', () => {
    const headings = (input: ReportInput): string[] =>
      [...renderReport(input).matchAll(/<h2>(.*?)<\/h2>/g)].map((m) => m[1] as string)
    expect(headings(full)).toEqual(['Methods', 'Training', 'Active tokens', 'Settings', 'Notes'])
    expect(headings({ title: 'x', headline: [], curves: [] })).toEqual([])
  })

  it('takes the smallest value for the best where lower is better', () => {
    const error = { name: 'error', title: 'depth error', unit: 'number', better: 'lower' } as const
    const rows = [row, { ...row, method: 'b', score: 0.5, spread: 0.25, interval: [0.25, 0.75] as const }]
    const page = renderReport({
      ...{ title: 'x', headline: [], curves: [] },
      methods: { rows, measure: error, sample: 'clip' },
    })
    expect(page).toContain('<td class="best">0.500 <span class="spread">± 0.250</span></td>')
    expect(page).toContain('<td>0.250 to 0.750</td>')
    expect(page).toContain('Depth error against compute')
    expect(page).toContain('<th scope="col">depth error</th>')
  })
})
