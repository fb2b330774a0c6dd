/**
 * Temperature tau of the Gumbel-sigmoid at `step` of `totalSteps`: from `first` to `last`, changing by the
 * same factor at every step. The paper (Table 9) gives both ends, 5 and 0.1, but not the path between them.
 */
export function temperatureAt(step: number, first: number, last: number, totalSteps: number): number {
  const progress = Math.min(1, step / Math.max(1, totalSteps - 1))
  return first * (last / first) ** progress
}
