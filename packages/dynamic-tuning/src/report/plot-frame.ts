import { logTicks, niceTicks, type Ticks, tightTicks } from './axis-ticks.ts'
import { escapeText } from './escape.ts'
import { plotRules, plotVariables } from './plot-style.ts'

/** Texts of a plot, and where its style sheet is. */
export interface PlotLabels {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  /** Keeps small differences small; without it the y axis is stretched to the data. */
  readonly yLeast?: LeastSpan
  /** One sentence for readers who cannot see the plot. */
  readonly description?: string
  /** `inside` the SVG (default) or in the surrounding `page`. */
  readonly styles?: 'inside' | 'page'
}

/** The least span of an axis, and the bounds that its widening keeps to. */
export interface LeastSpan {
  readonly span: number
  readonly within: readonly [low: number, high: number]
}

/** Size of the drawing in user units, and the margins left for texts. */
export const frame = { width: 560, height: 340, left: 78, right: 18, bottom: 50 } as const

// An SVG opened by itself needs a background, or the dark style's texts are unreadable.
const ownPaper = '.plot{background:var(--plot-paper)}'

const titleHeight = 34
const legendRow = 22

/** A place in the drawing for each data value. */
export interface Scale {
  readonly ticks: Ticks
  place(value: number): number
}

/** The linear or logarithmic map of `ticks` onto the drawing's positions `from` to `to`. */
export function scale(ticks: Ticks, from: number, to: number, log = false): Scale {
  const value = log ? Math.log : (v: number): number => v
  const low = value(ticks.min)
  const span = value(ticks.max) - low || 1
  return { ticks, place: (v) => from + ((value(v) - low) / span) * (to - from) }
}

/**
 * Horizontal scale over the frame's width, ending at the data; `margin` widens it on both sides by that share
 * of its length. Whole numbers, such as epochs, have ticks at whole numbers.
 */
export function xScale(values: readonly number[], log = false, margin = 0): Scale {
  const [low, high] = extent(values, log ? [1, 10] : [0, 1])
  const [left, right] = [frame.left, frame.width - frame.right]
  if (log) {
    const factor = low === high ? 1 : (high / low) ** margin
    return scale(logTicks(low / factor, high * factor), left, right, true)
  }
  const extra = (high - low) * margin
  return scale(tightTicks(low - extra, high + extra, 6, values.every(Number.isInteger)), left, right)
}

/** Vertical scale from the frame's bottom up to `top`, over `least` if the values span less. */
export function yScale(values: readonly number[], top: number, least?: LeastSpan): Scale {
  const [low, high] = widened(extent(values, [0, 1]), least)
  return scale(niceTicks(low, high, 5), frame.height - frame.bottom, top)
}

/** Widens both ends alike to the least span; what one end lacks room for goes to the other. */
function widened(
  [low, high]: readonly [number, number],
  least: LeastSpan | undefined,
): readonly [number, number] {
  const missing = least === undefined ? 0 : least.span - (high - low)
  if (least === undefined || missing <= 0) return [low, high]
  const [lowest, highest] = [Math.min(low, least.within[0]), Math.max(high, least.within[1])]
  const start = Math.min(Math.max(lowest, low - missing / 2), Math.max(lowest, highest - least.span))
  return [start, start + least.span]
}

function extent(values: readonly number[], empty: readonly [number, number]): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low <= high ? [low, high] : empty
}

/** A coordinate with at most one decimal, so that the same data always give the same text. */
export function at(position: number): string {
  return String(Math.round(position * 10) / 10 + 0)
}

/** Advance width of `text` at `size` pixels, by an average glyph; enough to keep labels apart. */
export function textWidth(text: string, size = 13): number {
  return [...text].length * size * 0.6
}

/** One `<text>` element. */
export function label(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${at(x)}" y="${at(y)}"${attributes && ` ${attributes}`}>${escapeText(text)}</text>`
}

/** One `<line>` element of a class. */
export function rule(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`
}

/** Horizontal grid lines with their numbers, the base line and the name of the y axis. */
export function yAxis(y: Scale, name: string, format?: (value: number) => string): string {
  const right = frame.width - frame.right
  const lines = y.ticks.values.map((value, i) => {
    const position = y.place(value)
    const text = format ? format(value) : (y.ticks.labels[i] ?? '')
    const number = label(frame.left - 8, position + 4.5, text, 'text-anchor="end"')
    return rule(i === 0 ? 'axis' : 'grid', frame.left, position, right, position) + number
  })
  const middle = (y.place(y.ticks.min) + y.place(y.ticks.max)) / 2
  const turned = `text-anchor="middle" transform="rotate(-90 13 ${at(middle)})"`
  return lines.join('') + label(13, middle, name, turned)
}

/** Tick marks with their numbers below the base line, and the name of the x axis. */
export function xAxis(x: Scale, name: string): string {
  const base = frame.height - frame.bottom
  const marks = x.ticks.values.map((value, i) => {
    const position = x.place(value)
    const text = label(position, base + 20, x.ticks.labels[i] ?? '', 'text-anchor="middle"')
    return rule('axis', position, base, position, base + 5) + text
  })
  return marks.join('') + xName(name)
}

/** The name of the x axis alone. */
export function xName(name: string): string {
  const middle = (frame.left + frame.width - frame.right) / 2
  return label(middle, frame.height - 8, name, 'text-anchor="middle"')
}

/** A row (or rows) of colour keys below the title, and where the plot area may begin. */
export function legend(
  names: readonly string[],
  key: (index: number, x: number, y: number) => string,
): Legend {
  if (names.length < 2) return { svg: '', top: titleHeight + 10 }
  let x = frame.left
  let y = titleHeight + 12
  const parts = names.map((name, i) => {
    const width = textWidth(name) + 44
    if (x > frame.left && x + width > frame.width) {
      x = frame.left
      y += legendRow
    }
    const part = key(i, x, y - 4.5) + label(x + 26, y, name, 'class="label"')
    x += width
    return part
  })
  return { svg: parts.join(''), top: y + 16 }
}

/** Drawn legend and the height it ends at. */
export interface Legend {
  readonly svg: string
  readonly top: number
}

/**
 * The whole `<svg>` around a plot's body, with title and description for screen readers; `below` is
 * room under the frame.
 */
export function svgPlot(labels: PlotLabels, body: string, below = 0): string {
  const description = labels.description ? `<desc>${escapeText(labels.description)}</desc>` : ''
  const style = labels.styles === 'page' ? '' : `<style>${plotVariables}\n${plotRules}\n${ownPaper}</style>`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${frame.width} ${frame.height + below}"`
  return [
    `${head} role="img" aria-label="${escapeText(labels.title)}">`,
    `<title>${escapeText(labels.title)}</title>${description}${style}`,
    label(frame.left, 20, labels.title, 'class="title"'),
    body,
    '</svg>',
  ].join('\n')
}
