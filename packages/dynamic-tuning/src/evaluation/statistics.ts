/** The 97.5 % quantile of the normal distribution. */
const z = 1.959963984540054

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

/** 97.5 % quantiles of Student's t with 2 to 10 degrees of freedom. */
const fewFreedoms = [4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139]

/**
 * The 97.5 % quantile of Student's t with `freedom` degrees of freedom, 2 or more, right to 1e-5. Above ten
 * it is the expansion around the normal quantile (Abramowitz and Stegun 26.7.5).
 */
export function studentQuantile(freedom: number): number {
  const known = fewFreedoms[freedom - 2]
  if (known !== undefined) return known
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ]
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), z)
}

/** Least number of values from which a spread is told: two say next to nothing about it. */
const fewestValues = 3

/** The sample standard deviation; null for fewer than three values. */
export function spread(values: readonly number[]): number | null {
  return values.length < fewestValues ? null : deviation(values)
}

/** The 95 % interval of the mean by Student's t, mean ± t s / sqrt(n); null for fewer than three values. */
export function meanInterval(values: readonly number[]): Interval | null {
  const s = spread(values)
  if (s === null) return null
  const half = (studentQuantile(values.length - 1) * s) / Math.sqrt(values.length)
  return [mean(values) - half, mean(values) + half]
}

/** The quantile at rank `share` of sorted values, interpolated linearly (R's type 7). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] as number
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] as number) - low)
}

/** Wilson's 95 % interval of a share found among `count` independent cases, such as a share of images. */
export function shareInterval(share: number, count: number): Interval {
  const scale = 1 + z ** 2 / count
  const centre = (share + z ** 2 / (2 * count)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
