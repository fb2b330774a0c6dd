/**
 * tau of the Gumbel-sigmoid at `step` of `totalSteps`: goes from `first` to `last` by the same factor at
 * every step. The paper (Table 9) names the ends, 5 and 0.1, and not the path between them.
 */
export function temperatureAt(step: number, first: number, last: number, totalSteps: number): number {
  const progress = Math.min(1, step / Math.max(1, totalSteps - 1))
  return first * (last / first) ** progress
}
