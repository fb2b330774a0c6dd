import {
  at,
  frame,
  label,
  type PlotLabels,
  svgPlot,
  textWidth,
  xAxis,
  xScale,
  yAxis,
  yScale,
} from './plot-frame.ts'
import { paletteSize } from './plot-style.ts'

/** A chart of named points. */
export interface ScatterChart extends PlotLabels {
  readonly points: readonly ScatterPoint[]
  /** Logarithmic x axis; points with x <= 0 are left out. */
  readonly logX?: boolean
}

/** One named point; `spread` draws a bar of y ± spread. */
export interface ScatterPoint {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly spread?: number
}

type Anchor = 'start' | 'middle' | 'end'

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const top = 48
const lineHeight = 15
const radius = 5

/** SVG of a scatter plot; each name is set beside its point where it covers the least of the others. */
export function scatterChart(chart: ScatterChart): string {
  const usable = (p: ScatterPoint): boolean =>
    Number.isFinite(p.x) && Number.isFinite(p.y) && (!chart.logX || p.x > 0)
  const points = chart.points.filter(usable)
  const x = xScale(
    points.map((p) => p.x),
    chart.logX,
    0.06,
  )
  const reach = points.flatMap((p) => [p.y - (p.spread ?? 0), p.y + (p.spread ?? 0)])
  const y = yScale(reach, top)
  const places = points.map((p) => ({ ...p, px: x.place(p.x), py: y.place(p.y) }))
  const taken: Box[] = places.flatMap(({ px, py, y: value, spread = 0 }) => {
    const [high, low] = [y.place(value + spread), y.place(value - spread)]
    const dot = { x: px - 7, y: py - 7, width: 14, height: 14 }
    return spread > 0 ? [dot, { x: px - 6, y: high, width: 12, height: low - high }] : [dot]
  })
  const marks = places.map((p, i) => {
    const box = bestPlace(p.px, p.py, textWidth(p.name), taken)
    taken.push(box)
    const spread = p.spread ? bar(p.px, y.place(p.y - p.spread), y.place(p.y + p.spread)) : ''
    const dot = `<circle class="mark" cx="${at(p.px)}" cy="${at(p.py)}" r="${radius}"/>`
    const start = box.x + { start: 0, middle: box.width / 2, end: box.width }[box.anchor]
    const text = label(start, box.y + 12, p.name, `class="name" text-anchor="${box.anchor}"`)
    return `<g class="s${i % paletteSize}">${spread}${dot}${text}</g>`
  })
  return svgPlot(chart, [yAxis(y, chart.yLabel), xAxis(x, chart.xLabel), ...marks].join('\n'))
}

function bar(x: number, low: number, high: number): string {
  // A spread that the dot covers would only look like dirt around it.
  if (low - high <= 2 * radius + 2) return ''
  const cap = (height: number): string => `M${at(x - 5)} ${at(height)}h10`
  return `<path class="line" d="M${at(x)} ${at(low)}V${at(high)}${cap(low)}${cap(high)}"/>`
}

function bestPlace(x: number, y: number, width: number, taken: readonly Box[]): Box & { anchor: Anchor } {
  const half = lineHeight / 2
  const corners: readonly [number, number, Anchor][] = [
    [x + 11, y - half, 'start'],
    [x - 11 - width, y - half, 'end'],
    [x - width / 2, y - 11 - lineHeight, 'middle'],
    [x - width / 2, y + 11, 'middle'],
    [x + 8, y - 8 - lineHeight, 'start'],
    [x + 8, y + 8, 'start'],
    [x - 8 - width, y - 8 - lineHeight, 'end'],
    [x - 8 - width, y + 8, 'end'],
  ]
  let best: Box & { anchor: Anchor } = { x: x + 11, y: y - half, width, height: lineHeight, anchor: 'start' }
  let least = Number.POSITIVE_INFINITY
  for (const [left, above, anchor] of corners) {
    const box = { x: left, y: above, width, height: lineHeight, anchor }
    const cost = taken.reduce((sum, other) => sum + overlap(box, other), outside(box))
    if (cost < least) {
      best = box
      least = cost
    }
  }
  return best
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** Area of the box beyond the plot, weighted so that a cut-off name is worse than a covered one. */
function outside(box: Box): number {
  const left = Math.max(0, frame.left - box.x)
  const right = Math.max(0, box.x + box.width - frame.width)
  const above = Math.max(0, top - 16 - box.y)
  const below = Math.max(0, box.y + box.height - (frame.height - frame.bottom))
  return 10 * ((left + right) * box.height + (above + below) * box.width)
}
