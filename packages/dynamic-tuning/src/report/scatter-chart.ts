import { present } from '@dynamic-tuning/engine'
import { leader, numberLegend } from './number-legend.ts'
import { type Box, type LabelPlace, labelHeight, placeLabels, plotTop } from './place-labels.ts'
import { at, label, type PlotLabels, svgPlot, textWidth, xAxis, xScale, yAxis, yScale } from './plot-frame.ts'
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

interface Placed extends ScatterPoint {
  readonly px: number
  readonly py: number
}

const radius = 5

/**
 * SVG of a scatter plot. Names are placed beside their points if all are legible, else numbers are,
 * with a legend below the plot.
 */
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
  const y = yScale(reach, plotTop, chart.yLeast)
  const places = points.map((p) => ({ ...p, px: x.place(p.x), py: y.place(p.y) }))
  const bars = places.map((p) =>
    p.spread ? bar(p.px, y.place(p.y - p.spread), y.place(p.y + p.spread)) : '',
  )
  const taken = places.flatMap((p) => obstacles(p, (value) => y.place(value)))
  const texts = readable(places, taken) ?? numbered(places, taken)
  const marks = places.map((p, i) => {
    const dot = `<circle class="mark" cx="${at(p.px)}" cy="${at(p.py)}" r="${radius}"/>`
    return `<g class="s${i % paletteSize}">${bars[i]}${texts.leaders[i] ?? ''}${dot}${texts.labels[i]}</g>`
  })
  const body = [yAxis(y, chart.yLabel), xAxis(x, chart.xLabel), ...marks, texts.legend?.svg ?? '']
  return svgPlot(chart, body.join('\n'), texts.legend?.height)
}

/** Labels beside the points, and the legend below the plot. */
interface Texts {
  readonly labels: readonly string[]
  readonly leaders: readonly string[]
  readonly legend?: { readonly svg: string; readonly height: number }
}

/** Names as labels; undefined if some overlap. */
function readable(points: readonly Placed[], taken: readonly Box[]): Texts | undefined {
  const wanted = points.map(({ px, py, name }) => ({ x: px, y: py, width: textWidth(name) }))
  const boxes = placeLabels(wanted, taken)
  if (boxes.some(({ cost }) => cost > 0)) return undefined
  return { labels: boxes.map((box, i) => text(box, points[i]?.name ?? '')), leaders: [] }
}

function numbered(points: readonly Placed[], taken: readonly Box[]): Texts {
  const wanted = points.map(({ px, py }, i) => ({ x: px, y: py, width: textWidth(String(i + 1)) }))
  const boxes = placeLabels(wanted, taken, { far: true })
  return {
    labels: boxes.map((box, i) => text(box, String(i + 1))),
    leaders: points.map(({ px, py }, i) => {
      const box = present(boxes[i], 'the place of a label')
      const [cx, cy] = [box.x + box.width / 2, box.y + labelHeight / 2]
      return Math.hypot(cx - px, cy - py) > 24 ? leader(px, py, cx, cy) : ''
    }),
    legend: numberLegend(points.map(({ name }) => name)),
  }
}

function text(box: LabelPlace, name: string): string {
  const start = box.x + { start: 0, middle: box.width / 2, end: box.width }[box.anchor]
  return label(start, box.y + 12, name, `class="name" text-anchor="${box.anchor}"`)
}

function obstacles({ px, py, y: value, spread = 0 }: Placed, place: (value: number) => number): Box[] {
  const [high, low] = [place(value + spread), place(value - spread)]
  const dot = { x: px - 7, y: py - 7, width: 14, height: 14 }
  return spread > 0 ? [dot, { x: px - 6, y: high, width: 12, height: low - high }] : [dot]
}

function bar(x: number, low: number, high: number): string {
  // A spread hidden by the dot is not drawn.
  if (low - high <= 2 * radius + 2) return ''
  const cap = (height: number): string => `M${at(x - 5)} ${at(height)}h10`
  return `<path class="line" d="M${at(x)} ${at(low)}V${at(high)}${cap(low)}${cap(high)}"/>`
}
