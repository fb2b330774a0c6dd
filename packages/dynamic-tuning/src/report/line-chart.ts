import {
  at,
  frame,
  label,
  legend,
  type PlotLabels,
  svgPlot,
  xAxis,
  xScale,
  yAxis,
  yScale,
} from './plot-frame.ts'
import { paletteSize } from './plot-style.ts'

/** One line of a chart; points are [x, y] in ascending x. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  /** Draw it thin and pale under the others, in the colour of the series after it, without a legend entry. */
  readonly faint?: boolean
}

/** A chart of several lines over a common x. */
export interface LineChart extends PlotLabels {
  readonly series: readonly Series[]
  /** Logarithmic x axis; points with x <= 0 are left out. */
  readonly logX?: boolean
  /** Values the y axis must reach, for instance [0, 100] for percent. */
  readonly yInclude?: readonly number[]
}

// More points than pixels only make the file large; each pair of pixels keeps its lowest and highest value.
const buckets = 280

/** SVG of a line chart. Points that are not finite are left out; a lone point is drawn as a dot. */
export function lineChart(chart: LineChart): string {
  const lines = coloured(chart)
  const named = lines.filter((line) => !line.faint)
  const key = (i: number, x: number, y: number): string => {
    return `<path class="line ${named[i]?.classes}" d="M${at(x)} ${at(y)}h18"/>`
  }
  const keys = legend(
    named.map((line) => line.name),
    key,
  )
  const points = lines.flatMap((line) => line.points)
  const x = xScale(
    points.map(([value]) => value),
    chart.logX,
  )
  const y = yScale([...points.map(([, value]) => value), ...(chart.yInclude ?? [])], keys.top, chart.yLeast)
  const drawn = lines.map((line) => {
    const places = thinned(line.points).map(([px, py]) => [x.place(px), y.place(py)] as const)
    const first = places[0]
    if (!first) return ''
    if (places.length === 1) {
      return `<circle class="mark ${line.classes}" cx="${at(first[0])}" cy="${at(first[1])}" r="4"/>`
    }
    return `<path class="line ${line.classes}" d="${pathOf(places)}"/>`
  })
  const middle = (frame.left + frame.width - frame.right) / 2
  const empty = points.length === 0 ? label(middle, frame.height / 2, 'no data', 'text-anchor="middle"') : ''
  return svgPlot(
    chart,
    [yAxis(y, chart.yLabel), xAxis(x, chart.xLabel), ...drawn, keys.svg, empty].join('\n'),
  )
}

interface Line extends Series {
  readonly classes: string
}

function coloured(chart: LineChart): Line[] {
  let index = 0
  const lines = chart.series.map((series) => {
    const dash = index >= paletteSize ? ' dash' : ''
    const classes = `s${index % paletteSize}${series.faint ? ' faint' : dash}`
    if (!series.faint) index++
    const usable = ([x, y]: readonly [number, number]): boolean =>
      Number.isFinite(x) && Number.isFinite(y) && (!chart.logX || x > 0)
    return { ...series, classes, points: series.points.filter(usable) }
  })
  return lines
}

function pathOf(places: readonly (readonly [number, number])[]): string {
  return places.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('')
}

/** At most two points (lowest and highest y, in order) for each of `buckets` runs, plus both ends. */
function thinned(points: Series['points']): Series['points'] {
  if (points.length <= buckets * 2) return points
  const kept = points.slice(0, 1)
  const inner = points.length - 2
  for (let b = 0; b < buckets; b++) {
    const start = 1 + Math.floor((b * inner) / buckets)
    const run = points.slice(start, 1 + Math.floor(((b + 1) * inner) / buckets))
    const low = run.reduce((best, p) => (p[1] < best[1] ? p : best))
    const high = run.reduce((best, p) => (p[1] > best[1] ? p : best))
    kept.push(...(low === high ? [low] : low[0] <= high[0] ? [low, high] : [high, low]))
  }
  return kept.concat(points.slice(-1))
}
