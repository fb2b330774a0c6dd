import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { measureSpeed, usualRounds } from './model-speed.ts'
import { tinyRun } from './tiny-run.test.support.ts'
import { openRun } from './tuned-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'speed-'))
afterAll(() => rmSync(folder, { recursive: true }))
await tinyRun(folder, 'dyt')
await tinyRun(folder, 'linear', { method: 'linear' })
const models = ['linear', 'dyt'].map((name) => openRun(join(folder, name)))

describe('measureSpeed', () => {
  it('times models on as many images as the smallest test set has', async () => {
    const { batch, rounds, imagesPerSecond } = await measureSpeed(models, { rounds: 3 })
    expect([batch, rounds, imagesPerSecond.length]).toEqual([24, 3, 2])
    // The tiny model takes between a tenth of a millisecond and a tenth of a second for an image.
    for (const speed of imagesPerSecond) {
      expect(speed).toBeGreaterThan(10)
      expect(speed).toBeLessThan(10_000_000)
    }
  })

  it('repeats short passes more often', () => {
    expect([[1, 2], [100, 100], [300, 300, 400], [0]].map(usualRounds)).toEqual([60, 25, 9, 60])
  })

  it('ends where it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(measureSpeed(models, { signal })).rejects.toThrow('enough')
  })
})
