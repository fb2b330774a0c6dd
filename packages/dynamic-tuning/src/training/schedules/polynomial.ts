import type { Schedule } from './schedule.ts'

/** A learning rate that is a power of the remaining steps. */
export interface PolynomialSettings {
  readonly learningRate: number
  /** Rate after the last step. Default 0. */
  readonly minimum?: number
  /** Exponent; 1 is a straight line. Default 0.9. */
  readonly power?: number
  readonly totalSteps: number
}

/** minimum + (rate - minimum) (1 - step / totalSteps)^power: `poly` of DeepLab and mmsegmentation. */
export function polynomial(settings: PolynomialSettings): Schedule {
  const { learningRate, minimum = 0, power = 0.9, totalSteps } = settings
  return (step) => {
    const left = 1 - Math.min(1, step / Math.max(1, totalSteps))
    return minimum + (learningRate - minimum) * left ** power
  }
}
