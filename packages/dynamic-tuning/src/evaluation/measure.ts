import { RunError } from '../errors.ts'
import { type Interval, shareInterval } from './statistics.ts'

/** A figure that rates the models of a task, such as mean IoU. */
export interface Measure {
  /** Field name in JSON and `metrics.jsonl`, in camelCase: `meanIou`. */
  readonly name: string
  /** Name in tables and on axes, in lower case: `mean IoU`. */
  readonly title: string
  /** `share`: from 0 to 1, shown as percent; `number`: shown as it is. */
  readonly unit: 'share' | 'number'
  readonly better: 'higher' | 'lower'
  /** Connects it to the samples in notes: `share of` 200 images. Default: `over`. */
  readonly over?: string
  /**
   * How the interval of a value on one test set is made: `binomial` for a share of samples that are right or
   * wrong. Absent: no interval is told, as for means over classes.
   */
  readonly interval?: 'binomial'
  /** `classes`: mean over classes, however many samples each has. Default: mean over samples. */
  readonly average?: 'classes'
}

/** Values of measures by name. */
export type Measured = Readonly<Record<string, number>>

/** The 95 % interval of a value found on `count` samples; null where the measure tells none. */
export function valueInterval(
  { interval }: Pick<Measure, 'interval'>,
  value: number,
  count: number,
): Interval | null {
  return interval === 'binomial' && count > 0 ? shareInterval(value, count) : null
}

/** True if `value` is better than `other`; false if they are equal. */
export function isBetter({ better }: Pick<Measure, 'better'>, value: number, other: number): boolean {
  return better === 'higher' ? value > other : value < other
}

/** Comparison function that sorts the best value first. */
export function bestFirst(measure: Pick<Measure, 'better'>): (a: number, b: number) => number {
  return measure.better === 'higher' ? (a, b) => b - a : (a, b) => a - b
}

/** Rows by their values of a measure, the worst first; those whose value cannot be said (NaN) come last. */
export function worstFirst<T>(
  rows: readonly T[],
  measure: Pick<Measure, 'better'>,
  scoreOf: (row: T) => number,
): T[] {
  const order = bestFirst(measure)
  const isKnown = (row: T): boolean => Number.isFinite(scoreOf(row))
  const known = rows.filter(isKnown).sort((a, b) => order(scoreOf(b), scoreOf(a)))
  return [...known, ...rows.filter((row) => !isKnown(row))]
}

/** Title with unit, for axes and column headings: `mean IoU (%)`. */
export function titleWithUnit({ title, unit }: Measure): string {
  return unit === 'share' ? `${title} (%)` : title
}

/** The value in the unit in which it is shown: percent for shares. */
export function shownValue({ unit }: Pick<Measure, 'unit'>, value: number): number {
  return unit === 'share' ? value * 100 : value
}

/** Title with a capital letter, as a heading: `Mean IoU`; words such as `mAP` stay as they are. */
export function headingOf({ title }: Pick<Measure, 'title'>): string {
  return /^[a-z][A-Z]/.test(title) ? title : title.charAt(0).toUpperCase() + title.slice(1)
}

/** The value of a field if it is a number, else undefined. */
export function numberIn(record: object, field: string): number | undefined {
  const value: unknown = Reflect.get(record, field)
  return typeof value === 'number' ? value : undefined
}

/**
 * Reads a measure from a record that holds it under its name.
 * @throws RunError if it is missing
 */
export function valueIn(record: object, { name }: Pick<Measure, 'name'>): number {
  const value = numberIn(record, name)
  if (value !== undefined) return value
  throw new RunError(`measure: a result has no ${name}, got ${Object.keys(record).join(', ')}. Run it again.`)
}
