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
  /** Formats a value above its bar and on the axis. */
  readonly format?: (value: number) => string
}

const top = 66

/** SVG of a bar chart. Values that are not finite have no bar and read "–". */
export function barChart(chart: BarChart): string {
  const values = chart.bars.map((bar) => bar.value).filter(Number.isFinite)
  const most = Math.max(0, chart.yMax ?? 0, chart.reference?.value ?? 0, ...values)
  const least = Math.min(0, ...values)
  const y = scale(niceTicks(least, most === least ? 1 : most, 5), frame.height - frame.bottom, top)
  const slot = (frame.width - frame.right - frame.left) / Math.max(1, chart.bars.length)
  const middle = (i: number): number => frame.left + slot * (i + 0.5)
  const bars = chart.bars.map((bar, i) => column(bar, middle(i), slot, y, chart.format))
  const labels = chart.bars.map((bar, i) => valueLabel(bar, middle(i), slot, y, chart.format))
  const axes = [yAxis(y, chart.yLabel, chart.format), xName(chart.xLabel)]
  return svgPlot(chart, [...axes, ...bars, referenceLine(chart, y), ...labels].join('\n'))
}

type Bar = BarChart['bars'][number]

function column(
  bar: Bar,
  middle: number,
  slot: number,
  y: Scale,
  format?: (value: number) => string,
): string {
  const width = Math.min(44, slot * 0.68)
  const name = label(middle, frame.height - frame.bottom + 20, bar.name, 'text-anchor="middle"')
  const [low, high] = [y.place(0), y.place(Number.isFinite(bar.value) ? bar.value : 0)]
  const box = `x="${at(middle - width / 2)}" y="${at(Math.min(low, high))}" width="${at(width)}"`
  const body = `<rect class="bar s0" ${box} height="${at(Math.abs(low - high))}" rx="2"/>`
  const text = escapeText(`${bar.name}: ${valueText(bar, format)}`)
  return `<g><title>${text}</title>${Number.isFinite(bar.value) ? body : ''}${name}</g>`
}

function valueLabel(
  bar: Bar,
  middle: number,
  slot: number,
  y: Scale,
  format?: (value: number) => string,
): string {
  const text = valueText(bar, format)
  if (textWidth(text, 12) > slot) return ''
  const height = Math.min(y.place(0), y.place(Number.isFinite(bar.value) ? bar.value : 0))
  return label(middle, height - 6, text, 'class="value" text-anchor="middle" font-size="12"')
}

function valueText(bar: Bar, format: (value: number) => string = String): string {
  return Number.isFinite(bar.value) ? format(bar.value) : '–'
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
