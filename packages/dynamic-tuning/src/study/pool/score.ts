import { RunError } from '../../errors.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { type Interval, mean, meanInterval, spread } from '../../evaluation/statistics.ts'
import { formatBare, formatMeasure } from '../../report/quantity.ts'

/** A measure over several seeds. */
export interface Score {
  readonly mean: number
  /** Standard deviation (n - 1); null for fewer than three seeds. */
  readonly deviation: number | null
  /**
   * 95 % interval: of a single seed, that of its test set; of three or more, that of the mean (Student's t).
   * Null for two seeds, and where the measure tells none.
   */
  readonly interval: Interval | null
}

/** The score of one value for each seed. `alone` is the interval of a single value. */
export function scoreOver(
  values: readonly number[],
  { unit }: Pick<Measure, 'unit'>,
  alone: Interval | null = null,
): Score {
  const interval = values.length === 1 ? alone : meanInterval(values)
  return {
    mean: mean(values),
    deviation: spread(values),
    interval: interval && unit === 'share' ? [Math.max(0, interval[0]), Math.min(1, interval[1])] : interval,
  }
}

/** A score under its names in files: `meanIou`, `meanIouDeviation` and `meanIouInterval`. */
export function scoreFields({ name }: Measure, score: Score): Readonly<Record<string, unknown>> {
  return { [name]: score.mean, [`${name}Deviation`]: score.deviation, [`${name}Interval`]: score.interval }
}

/**
 * The score of a row under a measure's field names.
 * @throws RunError if it has none
 */
export function scoreOf(row: object, { name }: Measure): Score {
  const [value, around, ends]: unknown[] = [
    Reflect.get(row, name),
    Reflect.get(row, `${name}Deviation`),
    Reflect.get(row, `${name}Interval`),
  ]
  if (typeof value !== 'number')
    throw new RunError(
      `study: a row has no ${name}, got ${Object.keys(row).join(', ')}. Run the study again.`,
    )
  return {
    mean: value,
    deviation: typeof around === 'number' ? around : null,
    interval: isInterval(ends) ? ends : null,
  }
}

function isInterval(value: unknown): value is Interval {
  return Array.isArray(value) && value.length === 2 && value.every((end) => typeof end === 'number')
}

/** `39.8 % ± 0.4`; fewer than three seeds have no deviation. */
export function scoreText({ mean: value, deviation: around }: Score, measure: Measure, digits = 1): string {
  const text = formatMeasure(measure, value, digits)
  return around === null ? text : `${text} ± ${formatBare(measure, around, digits)}`
}
