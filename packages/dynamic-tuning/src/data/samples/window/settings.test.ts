import { describe, expect, it } from 'vitest'
import { completeWindows, windowSettings } from './settings.ts'

describe('settings of windows', () => {
  it('have the defaults of mmsegmentation; given ones stay', () => {
    expect(completeWindows({})).toEqual({
      ...{ windows: 'slide', scales: [1], flipTest: false },
      ...{ ratioRange: [0.5, 2], catMaxRatio: 0.75, photometric: true },
    })
    const other = { batch: 3, stride: 7, longSide: undefined, scales: [0.75, 1] }
    expect(completeWindows(other)).toMatchObject({ stride: 7, scales: [0.75, 1] })
    expect(Object.keys(completeWindows(other))).not.toContain('batch')
  })

  it('are checked', () => {
    const fits = (name: keyof typeof windowSettings, value: unknown): boolean =>
      windowSettings[name].schema.safeParse(value).success
    expect([fits('ratioRange', [0.5, 2]), fits('ratioRange', [1, 1])]).toEqual([true, true])
    expect([fits('ratioRange', [2, 0.5]), fits('ratioRange', [0, 1]), fits('ratioRange', [1])]).toEqual([
      ...[false, false, false],
    ])
    expect([fits('scales', [0.75, 1]), fits('scales', []), fits('scales', [0])]).toEqual([true, false, false])
    expect([fits('catMaxRatio', 1), fits('catMaxRatio', 0), fits('stride', 0)]).toEqual([true, false, false])
    expect([fits('windows', 'whole'), fits('windows', 'crop')]).toEqual([true, false])
  })
})
