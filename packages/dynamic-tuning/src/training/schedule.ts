/** Learning rate over the steps of a run. */
export interface ScheduleSettings {
  readonly learningRate: number
  /** Rate at the last step. */
  readonly minimum: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/**
 * tau of the Gumbel-sigmoid at `step` of `totalSteps`: falls (or rises) from `first` to `last` by the same factor at every
 * step. The paper (Table 9) names the ends, 5 and 0.1, and not the path between them.
 */
export function temperatureAt(step: number, first: number, last: number, totalSteps: number): number {
  const progress = Math.min(1, step / Math.max(1, totalSteps - 1))
  return first * (last / first) ** progress
}

/** Rate at `step` (from 0): linear warm-up from exactly 0, then half a cosine down to the minimum. */
export function learningRateAt(step: number, settings: ScheduleSettings): number {
  const { learningRate, minimum, warmupSteps, totalSteps } = settings
  if (step < warmupSteps) return (learningRate * step) / warmupSteps
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
  return minimum + 0.5 * (learningRate - minimum) * (1 + Math.cos(Math.PI * progress))
}
