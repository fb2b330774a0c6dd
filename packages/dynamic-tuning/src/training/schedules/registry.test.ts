import { describe, expect, it } from 'vitest'
import { cosine } from './cosine.ts'
import { scheduleNamed } from './registry.ts'

const settings = { learningRate: 1e-3, minimum: 1e-5, warmupSteps: 15, totalSteps: 160, schedulePower: 1 }

describe('schedules by name', () => {
  it('cosine is half a cosine after warm-up', () => {
    const own = scheduleNamed({ ...settings, schedule: 'cosine' })
    for (const step of [0, 7, 15, 80, 160]) expect(own(step)).toBe(cosine(settings)(step))
  })

  it('poly falls in a straight line, during warm-up too', () => {
    const own = scheduleNamed({ ...settings, schedule: 'poly', minimum: 0 })
    // lr(t) = 1e-3 (1 - t/T), for t < 15 also times 1 - (1 - t/15)(1 - 1e-6)
    for (const step of [0, 1, 14, 15, 100, 160]) {
      const factor = step < 15 ? 1 - (1 - step / 15) * (1 - 1e-6) : 1
      expect(own(step)).toBeCloseTo(1e-3 * (1 - step / 160) * factor, 15)
    }
    expect(own(0)).toBeCloseTo(1e-9, 15)
  })

  it('poly has a power and a minimum', () => {
    const own = scheduleNamed({ ...settings, schedule: 'poly', schedulePower: 0.9 })
    expect(own(80)).toBeCloseTo(1e-5 + (1e-3 - 1e-5) * 0.5 ** 0.9, 15)
    expect(own(160)).toBe(1e-5)
  })
})
