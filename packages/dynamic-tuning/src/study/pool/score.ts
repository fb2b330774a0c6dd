import { RunError } from '../../errors.ts'
import type { Measure } from '../../evaluation/measure.ts'
import { bootstrapInterval, deviation, type Interval, mean } from '../../evaluation/statistics.ts'
import { formatBare, formatMeasure } from '../../report/quantity.ts'

/** A measure over several seeds. */
export interface Score {
  readonly mean: number
  /** Standard deviation (n - 1); null for a single seed. */
  readonly deviation: number | null
  /** 95 % bootstrap interval of the mean; null for a single seed. */
  readonly interval: Interval | null
}

/** The score of one value for each seed. */
export function scoreOver(values: readonly number[]): Score {
  return { mean: mean(values), deviation: deviation(values), interval: bootstrapInterval(values) }
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
  const [value, spread, ends]: unknown[] = [
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
    deviation: typeof spread === 'number' ? spread : null,
    interval: isInterval(ends) ? ends : null,
  }
}

function isInterval(value: unknown): value is Interval {
  return Array.isArray(value) && value.length === 2 && value.every((end) => typeof end === 'number')
}

/** `39.8 % ± 0.4`; a single seed has no deviation. */
export function scoreText({ mean: value, deviation: spread }: Score, measure: Measure, digits = 1): string {
  const text = formatMeasure(measure, value, digits)
  return spread === null ? text : `${text} ± ${formatBare(measure, spread, digits)}`
}

/** `39.2 to 40.1` in percent or plain numbers; `–` where there is no interval. */
export function intervalText(interval: Interval | null, measure: Pick<Measure, 'unit'>): string {
  return interval === null ? '–' : interval.map((end) => formatBare(measure, end)).join(' to ')
}
