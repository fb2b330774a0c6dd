import type { Schedule } from './schedule.ts'

/** A learning rate that falls in jumps. */
export interface MultiStepSettings {
  readonly learningRate: number
  /** Steps from which on the rate is lower, in any order. */
  readonly milestones: readonly number[]
  /** Factor at each of them. Default 0.1. */
  readonly gamma?: number
}

/** rate gamma^k after k milestones. */
export function multiStep({ learningRate, milestones, gamma = 0.1 }: MultiStepSettings): Schedule {
  return (step) => learningRate * gamma ** milestones.filter((milestone) => milestone <= step).length
}
