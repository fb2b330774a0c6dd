import { RunError } from '../errors.ts'

/** A figure by which models of a task are judged, such as mean IoU. */
export interface Measure {
  /** Its field in JSON and in `metrics.jsonl`, in camelCase: `meanIou`. */
  readonly name: string
  /** What tables and axes call it, in lower case: `mean IoU`. */
  readonly title: string
  /** `share` from 0 to 1, shown as percent; `number` as it is. */
  readonly unit: 'share' | 'number'
  readonly better: 'higher' | 'lower'
  /** How notes tie it to the samples it was measured on: `share of` 200 images. Default `over`. */
  readonly over?: string
  /** `classes`: a mean over classes, however many samples each has; absent: over samples. */
  readonly average?: 'classes'
}

/** Values of a task's measures by name. */
export type Measured = Readonly<Record<string, number>>

/** True if `value` is better than `other`; false where they are equal. */
export function isBetter({ better }: Pick<Measure, 'better'>, value: number, other: number): boolean {
  return better === 'higher' ? value > other : value < other
}

/** Compares for sorting with the best first. */
export function bestFirst(measure: Pick<Measure, 'better'>): (a: number, b: number) => number {
  return measure.better === 'higher' ? (a, b) => b - a : (a, b) => a - b
}

/** Its name with the unit, for axes and heads of columns: `mean IoU (%)`. */
export function titleWithUnit({ title, unit }: Measure): string {
  return unit === 'share' ? `${title} (%)` : title
}

/** A value in the unit in which it is shown: percent for shares. */
export function shownValue({ unit }: Pick<Measure, 'unit'>, value: number): number {
  return unit === 'share' ? value * 100 : value
}

/** Its title as a heading begins: `Mean IoU`; words such as `mAP` stay as they are. */
export function headingOf({ title }: Pick<Measure, 'title'>): string {
  return /^[a-z][A-Z]/.test(title) ? title : title.charAt(0).toUpperCase() + title.slice(1)
}

/** A field of a record where it is a number, else undefined. */
export function numberIn(record: object, field: string): number | undefined {
  const value: unknown = Reflect.get(record, field)
  return typeof value === 'number' ? value : undefined
}

/** The value of a measure in a record that has it under its name. @throws RunError where it has not */
export function valueIn(record: object, { name }: Pick<Measure, 'name'>): number {
  const value = numberIn(record, name)
  if (value !== undefined) return value
  throw new RunError(`measure: a result has no ${name}, got ${Object.keys(record).join(', ')}. Run it again.`)
}
