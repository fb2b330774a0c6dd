import type { Schedule } from './schedule.ts'

/** A learning rate that drops at given steps. */
export interface MultiStepSettings {
  readonly learningRate: number
  /** Steps at which the rate drops, in any order. */
  readonly milestones: readonly number[]
  /** Factor at each drop. Default 0.1. */
  readonly gamma?: number
}

/** rate gamma^k after k milestones. */
export function multiStep({ learningRate, milestones, gamma = 0.1 }: MultiStepSettings): Schedule {
  return (step) => learningRate * gamma ** milestones.filter((milestone) => milestone <= step).length
}
