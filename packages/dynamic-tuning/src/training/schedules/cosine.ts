import type { Schedule } from './schedule.ts'

/** A learning rate that follows half a cosine. */
export interface CosineSettings {
  readonly learningRate: number
  /** Rate at the last step. */
  readonly minimum: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/** Linear warm-up from exactly 0, then half a cosine down to the minimum (arXiv:1608.03983). */
export function cosine({ learningRate, minimum, warmupSteps, totalSteps }: CosineSettings): Schedule {
  return (step) => {
    if (step < warmupSteps) return (learningRate * step) / warmupSteps
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
    return minimum + 0.5 * (learningRate - minimum) * (1 + Math.cos(Math.PI * progress))
  }
}
