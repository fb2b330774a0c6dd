import { at, frame, label, textWidth } from './plot-frame.ts'
import { paletteSize } from './plot-style.ts'

const rowHeight = 18
/** Width of a number before its name. */
const numberWidth = 26

/** A legend drawn below a plot, and the height that it takes. */
export interface NumberLegend {
  readonly svg: string
  readonly height: number
}

/** Names with the numbers that stand for them in a plot, in as many columns as there is room for. */
export function numberLegend(names: readonly string[]): NumberLegend {
  const left = 14
  const room = frame.width - left - 4
  const widest = Math.max(...names.map((name) => textWidth(name))) + numberWidth + 12
  const columns = Math.max(1, Math.min(names.length, Math.floor(room / widest)))
  const rows = Math.ceil(names.length / columns)
  const width = room / columns
  const entries = names.map((name, i) => {
    const x = left + width * Math.floor(i / rows)
    const y = frame.height + 14 + rowHeight * (i % rows)
    const number = label(x + numberWidth - 8, y, String(i + 1), 'class="name" text-anchor="end"')
    const text = label(x + numberWidth, y, cut(name, width - numberWidth), 'class="label"')
    return `<g class="s${i % paletteSize}">${number}${text}</g>`
  })
  return { svg: entries.join('\n'), height: rows * rowHeight + 10 }
}

function cut(name: string, width: number): string {
  if (textWidth(name) <= width) return name
  const letters = [...name]
  while (letters.length > 1 && textWidth(`${letters.join('')}…`) > width) letters.pop()
  return `${letters.join('')}…`
}

/** A line from a point to the number that stands away from it. */
export function leader(x: number, y: number, toX: number, toY: number): string {
  return `<path class="line faint" d="M${at(x)} ${at(y)}L${at(toX)} ${at(toY)}"/>`
}
