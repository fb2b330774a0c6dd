import type { Schedule } from './schedule.ts'

/** How a schedule begins. */
export interface WarmUpSettings {
  /** Steps with a lower rate. */
  readonly steps: number
  /** Factor of the rate at step 0. Default 0. */
  readonly startFactor?: number
}

/**
 * The schedule with a factor that rises in a straight line from `startFactor` at step 0 to 1 at step `steps`,
 * as the linear warm-up of mmcv 1: it lowers the rate that the schedule has at that step.
 */
export function withWarmUp(schedule: Schedule, { steps, startFactor = 0 }: WarmUpSettings): Schedule {
  return (step) => {
    if (step >= steps) return schedule(step)
    return schedule(step) * (startFactor + ((1 - startFactor) * step) / steps)
  }
}
