import { niceTicks } from './axis-ticks.ts'
import { escapeText } from './escape.ts'
import {
  at,
  frame,
  label,
  type PlotLabels,
  rule,
  type Scale,
  scale,
  svgPlot,
  textWidth,
  xName,
  yAxis,
} from './plot-frame.ts'

/** A chart of one bar per name, bars standing on zero. */
export interface BarChart extends PlotLabels {
  readonly bars: readonly { readonly name: string; readonly value: number }[]
  /** A dashed line across the bars, such as the target rate. */
  readonly reference?: { readonly name: string; readonly value: number }
  /** Upper end of the y axis; by default the largest value. */
  readonly yMax?: number
  /** How a value is written above its bar and on the axis; as it is by default. */
  readonly format?: (value: number) => string
}

const top = 66
const valueStyle = 'class="value" text-anchor="middle" font-size="12"'

/** SVG of a bar chart. Values that are not finite have no bar and read "–". */
export function barChart(chart: BarChart): string {
  const values = chart.bars.map((bar) => bar.value).filter(Number.isFinite)
  const most = Math.max(0, chart.yMax ?? 0, chart.reference?.value ?? 0, ...values)
  const least = Math.min(0, ...values)
  const y = scale(niceTicks(least, most === least ? 1 : most, 5), frame.height - frame.bottom, top)
  const slot = (frame.width - frame.right - frame.left) / Math.max(1, chart.bars.length)
  const bars = chart.bars.map((bar, i) => column(bar, frame.left + slot * (i + 0.5), slot, y, chart.format))
  const parts = [yAxis(y, chart.yLabel, chart.format), xName(chart.xLabel), ...bars, referenceLine(chart, y)]
  return svgPlot(chart, parts.join('\n'))
}

function column(
  bar: BarChart['bars'][number],
  middle: number,
  slot: number,
  y: Scale,
  format: (value: number) => string = String,
): string {
  const width = Math.min(44, slot * 0.68)
  const name = label(middle, frame.height - frame.bottom + 20, bar.name, 'text-anchor="middle"')
  const finite = Number.isFinite(bar.value)
  const [low, high] = [y.place(0), finite ? y.place(bar.value) : y.place(0)]
  const box = `x="${at(middle - width / 2)}" y="${at(Math.min(low, high))}" width="${at(width)}"`
  const body = finite ? `<rect class="bar s0" ${box} height="${at(Math.abs(low - high))}" rx="2"/>` : ''
  const text = finite ? format(bar.value) : '–'
  const fits = textWidth(text, 12) <= slot
  const value = fits ? label(middle, Math.min(low, high) - 6, text, valueStyle) : ''
  return `<g><title>${escapeText(`${bar.name}: ${text}`)}</title>${body}${name}${value}</g>`
}

function referenceLine(chart: BarChart, y: Scale): string {
  if (!chart.reference) return ''
  const height = y.place(chart.reference.value)
  const right = frame.width - frame.right
  const text = label(right, top - 14, chart.reference.name, 'class="target-label" text-anchor="end"')
  const start = right - textWidth(chart.reference.name) - 30
  const key = rule('target', start, top - 18.5, start + 22, top - 18.5)
  return rule('target', frame.left, height, right, height) + key + text
}
