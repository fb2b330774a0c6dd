/** sigmoid(x) = 1 / (1 + e^-x): the probability of a label by its logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

/** log(1 + e^x), whatever the size of x. */
export function softplusAt(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}
