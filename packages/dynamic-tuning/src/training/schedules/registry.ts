import { cosine } from './cosine.ts'
import { polynomial } from './polynomial.ts'
import type { Schedule } from './schedule.ts'
import { withWarmUp } from './warm-up.ts'

/** Names of schedules, as in timm and mmsegmentation. */
export const scheduleNames = ['cosine', 'poly'] as const

/** One of `scheduleNames`. */
export type ScheduleName = (typeof scheduleNames)[number]

/** A learning rate over a whole training. */
export interface ScheduleSettings {
  readonly schedule: ScheduleName
  /** Exponent of `poly`. */
  readonly schedulePower: number
  /** The peak of `cosine`; the start of `poly`, which warm-up lowers further. */
  readonly learningRate: number
  /** Rate after the last step. */
  readonly minimum: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/** Factor of the rate at the first step of `poly` with warm-up, as in mmsegmentation. */
const startFactor = 1e-6

/**
 * `cosine`: linear warm-up from 0 to the peak, then half a cosine. `poly`: minimum + (rate - minimum)
 * (1 - t / T)^power, times a factor that rises linearly from 1e-6 to 1 while warming up: the rate falls
 * during warm-up too.
 */
export function scheduleNamed(settings: ScheduleSettings): Schedule {
  const { schedule, schedulePower: power, warmupSteps: steps } = settings
  if (schedule === 'cosine') return cosine(settings)
  return withWarmUp(polynomial({ ...settings, power }), { steps, startFactor })
}
