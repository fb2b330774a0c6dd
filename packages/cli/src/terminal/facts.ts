import { type Paint, plain } from './output.ts'
import { displayWidth } from './width.ts'

/** A fact: name, value, and a remark. */
export type Fact = readonly [name: string, value: string, remark?: string]

/** Facts below one another, values right-aligned, remarks dim; ends in a line break. */
export function renderFacts(facts: readonly Fact[], paint: Paint = plain): string {
  const width = (column: 0 | 1): number => Math.max(...facts.map((fact) => displayWidth(fact[column])))
  const [names, values] = [width(0), width(1)]
  const pad = (text: string, to: number): string => ' '.repeat(Math.max(0, to - displayWidth(text)))
  return facts
    .map(([name, value, remark = '']) =>
      `${paint.dim(name)}${pad(name, names)}   ${pad(value, values)}${paint.bold(value)}   ${paint.dim(remark)}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
