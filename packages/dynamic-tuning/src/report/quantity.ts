import { type Measure, shownValue } from '../evaluation/measure.ts'
import type { Interval } from '../evaluation/statistics.ts'

const steps: readonly [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

/** A count with an SI suffix and at most `digits` decimals: 1_190_000 is "1.19 M"; below 1000 unchanged. */
export function formatCount(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  // 999_999 must not become "1000.00 k": choose the step by the value as it will be printed.
  const [unit, suffix] = steps.find(([u]) => Number((size / (u / 1000)).toFixed(digits)) >= 1000) ?? [1, '']
  if (suffix === '') return Number(value.toFixed(digits)).toString()
  return `${(value / unit).toFixed(digits)} ${suffix}`
}

/** A fraction as percent: 0.7812 is "78.1 %"; not finite is "–". */
export function formatPercent(fraction: number, digits = 1): string {
  return Number.isFinite(fraction) ? `${(fraction * 100).toFixed(digits)} %` : '–'
}

/** Items per second with three significant digits: 85.3, 1240, 0.52. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–'
  if (perSecond >= 100) return perSecond.toFixed(0)
  return perSecond >= 10 ? perSecond.toFixed(1) : perSecond.toFixed(2)
}

/** Megabytes as a person says them: 812 is "812 MB", 2048 is "2.0 GB" (1 GB = 1024 MB). */
export function formatMemory(megabytes: number): string {
  if (!Number.isFinite(megabytes)) return '–'
  return megabytes < 999.5 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`
}

/** Seconds as a person says them: 0.0123 is "12.3 ms", 3720 is "1 h 02 min", 95 is "1 min 35 s". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  if (seconds < 0.9995) {
    const ms = seconds * 1000
    return `${ms.toFixed(ms < 99.95 ? 1 : 0)} ms`
  }
  if (seconds < 59.5) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}

/** A value of a measure with its unit: 0.7812 is `78.1 %`, or `0.781` of a measure that is no share. */
export function formatMeasure(measure: Pick<Measure, 'unit'>, value: number, digits = 1): string {
  if (measure.unit === 'share') return formatPercent(value, digits)
  return Number.isFinite(value) ? formatBare(measure, value, digits) : '–'
}

/** The same without the unit, for spreads and intervals: `78.1`. */
export function formatBare(measure: Pick<Measure, 'unit'>, value: number, digits = 1): string {
  return shownValue(measure, value).toFixed(measure.unit === 'share' ? digits : digits + 2)
}

/** `39.2 to 40.1` in percent or plain numbers; `–` where there is no interval. */
export function intervalText(interval: Interval | null, measure: Pick<Measure, 'unit'>): string {
  return interval === null ? '–' : interval.map((end) => formatBare(measure, end)).join(' to ')
}
