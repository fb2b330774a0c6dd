import type { MetricValue } from 'dynamic-tuning/report'

/** The value of a field of a metrics line if it is a number. */
export function metricNumber(value: MetricValue): number | undefined {
  return typeof value === 'number' ? value : undefined
}
