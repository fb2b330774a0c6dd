import { random } from '@dynamic-tuning/engine'

/** Lower and upper end of an interval, both included. */
export type Interval = readonly [low: number, high: number]

/** The mean of the values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The sample standard deviation, s = sqrt(sum (x - mean)^2 / (n - 1)); null for fewer than two values. */
export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}

/** Number of resamples for a bootstrap interval. */
const resamples = 10_000

/**
 * The 95 % percentile bootstrap interval of the mean; null for fewer than two values. It takes the 2.5 % and
 * 97.5 % quantiles of the means of 10,000 resamples, drawn with replacement from `random(seed, 'bootstrap')`.
 * It never exceeds the range of the values, so it is too narrow for very few of them.
 */
export function bootstrapInterval(values: readonly number[], seed = 0): Interval | null {
  const n = values.length
  if (n < 2) return null
  const draw = random(seed, 'bootstrap')
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[draw.integer(n)] as number
    return sum / n
  }).sort()
  return [quantile(means, 0.025), quantile(means, 0.975)]
}

/** The quantile at rank `share` of sorted values, interpolated linearly (R's type 7). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] as number
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - low)
}

/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054

/** Wilson's 95 % interval of a share found among `count` independent cases, such as a share of images. */
export function shareInterval(share: number, count: number): Interval {
  const scale = 1 + z ** 2 / count
  const centre = (share + z ** 2 / (2 * count)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
