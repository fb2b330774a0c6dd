/**
 * Average precision of a ranking by score: sum_n (R_n - R_{n-1}) P_n over the distinct scores, highest first,
 * where P_n and R_n are precision and recall of all samples with at least that score. No interpolation; ties
 * count together, as in scikit-learn's `average_precision_score`.
 * @param scores one per sample
 * @param isPositive whether a sample is positive
 * @returns NaN if no sample is positive
 */
export function averagePrecisionOf(
  scores: ArrayLike<number>,
  isPositive: (sample: number) => boolean,
): number {
  const scoreOf = (sample: number): number => scores[sample] ?? Number.NaN
  const order = Array.from(scores, (_, sample) => sample).sort((a, b) => scoreOf(b) - scoreOf(a))
  let [sum, found, before] = [0, 0, 0]
  for (const [place, sample] of order.entries()) {
    if (isPositive(sample)) found++
    const next = order[place + 1]
    if (next !== undefined && scoreOf(next) === scoreOf(sample)) continue
    sum += (found - before) * (found / (place + 1))
    before = found
  }
  return sum / found
}
