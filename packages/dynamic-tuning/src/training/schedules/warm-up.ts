import type { Schedule } from './schedule.ts'

/** How a schedule begins. */
export interface WarmUpSettings {
  /** Number of warm-up steps. */
  readonly steps: number
  /** Factor of the rate at step 0. Default 0. */
  readonly startFactor?: number
}

/**
 * Multiplies the schedule by a factor that rises linearly from `startFactor` at step 0 to 1 at step `steps`,
 * like the linear warm-up of mmcv 1: the rate at each step is the schedule's rate times the factor.
 */
export function withWarmUp(schedule: Schedule, { steps, startFactor = 0 }: WarmUpSettings): Schedule {
  return (step) => {
    if (step >= steps) return schedule(step)
    return schedule(step) * (startFactor + ((1 - startFactor) * step) / steps)
  }
}
