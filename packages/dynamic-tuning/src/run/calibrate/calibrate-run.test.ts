import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { valueIn } from '../../evaluation/measure.ts'
import { encodePng } from '../../report/token-strip.ts'
import { accuracy } from '../../tasks/classification/measures.ts'
import { evaluateRun } from '../evaluate-run.ts'
import { tinyRun } from '../tiny-run.test.support.ts'
import { openRun } from '../tuned-run.ts'
import { budgetThresholds } from './budgets.ts'
import { calibrateRun } from './calibrate-run.ts'
import type { Calibration } from './calibration.ts'
import { bestIn, bestWithin } from './point.ts'

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const compile = { threads: 1 }
const quick = { compile, workers: 0 }
const path = join(folder, 'dyt')
let calibration: Calibration
beforeAll(async () => {
  await tinyRun(folder, 'dyt', { learningRate: 0.05 })
  calibration = await calibrateRun(openRun(path), { ...quick, flops: 0.9, drop: 1 })
})

describe('calibrateRun', () => {
  it('says at 0.5 what eval says on the same images', async () => {
    const found = await evaluateRun(openRun(path), { compile, workers: 0 })
    expect(calibration).toMatchObject({ images: 24, validationIsTest: true, staticFlops: found.staticFlops })
    const { loss, activeRate, flops } = found
    const figures = { accuracy: valueIn(found, accuracy), loss, activeRate, flops }
    expect(calibration.trained).toMatchObject({ ...figures, thresholds: [0.5, 0.5] })
  })

  it('goes from everything open to everything closed, FLOPs and envelope falling', () => {
    const { points, trained } = calibration
    expect(points.length).toBeGreaterThanOrEqual(11)
    const [open, closed] = [points[0], points.at(-1)]
    expect([open?.thresholds, open?.activeRate]).toEqual([[0, 0], 1])
    expect([closed?.thresholds, closed?.activeRate]).toEqual([[1, 1], 0])
    expect(points).toContainEqual(trained)
    for (let i = 1; i < points.length; i++) {
      const [dear, cheap] = [points[i - 1], points[i]] as [(typeof points)[0], (typeof points)[0]]
      expect(cheap.thresholds[0]).toBeGreaterThan(dear.thresholds[0] as number)
      expect(cheap.flops).toBeLessThanOrEqual(dear.flops)
      expect(bestIn(cheap, accuracy)).toBeLessThanOrEqual(bestIn(dear, accuracy))
    }
  })

  it('meets its targets with points of the curve', () => {
    const [flops, drop] = calibration.targets
    expect(flops?.point.share).toBeLessThanOrEqual(0.9)
    const within = calibration.points.filter(({ share }) => share <= 0.9)
    expect(Math.max(...within.map(({ share }) => share))).toBeGreaterThan(0.85)
    expect(flops?.point).toEqual(bestWithin(calibration.points, 0.9, accuracy))
    expect(drop?.kind).toBe('accuracyDrop')
    const least = valueIn(calibration.trained, accuracy) - 0.01
    expect(valueIn(drop?.point ?? {}, accuracy)).toBeGreaterThanOrEqual(least)
    for (const target of calibration.targets) expect(calibration.points).toContainEqual(target.point)
  })

  it('saves what budgets are looked up in, and a page that stands alone', async () => {
    const run = openRun(path)
    const asked = calibration.targets[0]?.point
    const best = bestWithin(calibration.points, 1.2, accuracy)
    expect(budgetThresholds(run, 1.2)).toEqual(best?.thresholds)
    expect(budgetThresholds(run, asked?.share as number)).toEqual(asked?.thresholds)
    for (const budget of [0.8, 0.9, 1]) {
      const thresholds = budgetThresholds(run, budget)
      const found = await evaluateRun(run, { thresholds, compile, workers: 0 })
      expect(found.flops / found.staticFlops).toBeLessThan(budget + 0.01)
      const least = bestWithin(calibration.points, budget, accuracy)
      expect(found.flops / found.staticFlops).toBeGreaterThan((least?.share ?? 0) - 1e-9)
    }
    const page = readFileSync(join(path, 'calibrate.html'), 'utf8')
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
    expect(page).toContain('the 24 images are test images too')
    expect([...page.matchAll(/<svg/g)]).toHaveLength(3)
  })

  it('searches thresholds layer by layer and measures latency', async () => {
    cpSync(path, join(folder, 'layers'), { recursive: true })
    const run = openRun(join(folder, 'layers'))
    const limits = { images: 16, evaluations: 12, latencyMs: 60_000, batch: 2 }
    const found = await calibrateRun(run, { ...quick, ...limits, scope: 'per-layer' })
    expect(found).toMatchObject({ images: 16, scope: 'per-layer', latencyBatch: 2 })
    expect(found.points.some(({ thresholds }) => thresholds[0] !== thresholds[1])).toBe(true)
    expect(found.evaluations).toBeLessThanOrEqual(21 + 12)
    for (const { latencyMs } of found.points) expect(latencyMs).toBeGreaterThan(0)
    expect(found.targets[0]?.point).toEqual(bestWithin(found.points, 1.2, accuracy))
    expect(budgetThresholds(run, 0.9)).toHaveLength(2)
  })

  it('refuses what it cannot do, before it measures', async () => {
    await tinyRun(folder, 'linear', { method: 'linear', bottleneck: undefined })
    await tinyRun(folder, 'random', { dispatchStrategy: 'random' })
    const bad = (name: string, wanted: object) =>
      expect(calibrateRun(openRun(join(folder, name)), { ...quick, ...wanted })).rejects
    await bad('linear', {}).toThrow(/^calibrate: this run of linear skips no tokens, .*Name a run/)
    await bad('random', {}).toThrow(/^calibrate: the gates of this run draw lots, .*finetune --rate/)
    for (const flops of [0, -1, 1.21, Number.NaN])
      await bad('dyt', { flops }).toThrow(/^calibrate: share .* expected above 0 and up to 1\.2\./)
    await bad('dyt', { flops: 0.2 }).toThrow(/needs 0\.\d+ with every gate closed\. Give at least that\./)
    await bad('dyt', { drop: -1 }).toThrow(/^calibrate: accuracy drop -1, /)
    await bad('dyt', { points: 5 }).toThrow(/^calibrate: 5 points, a curve needs 11\./)
    await bad('dyt', { latencyMs: 0 }).toThrow(/^calibrate: latency is 0, /)
  })

  it('says that the data is gone', async () => {
    const photos = join(folder, 'photos')
    const image = await encodePng({ width: 8, height: 8, data: new Uint8Array(192).fill(9) })
    for (const label of ['a', 'b']) {
      mkdirSync(join(photos, label), { recursive: true })
      for (const i of [1, 2, 3]) writeFileSync(join(photos, label, `${i}.png`), image)
    }
    await tinyRun(folder, 'photos-run', { data: photos, batch: 2 })
    rmSync(photos, { recursive: true })
    await expect(calibrateRun(openRun(join(folder, 'photos-run')), quick)).rejects.toThrow(
      /^dataset: there is no .*photos\. /,
    )
    expect(existsSync(join(folder, 'photos-run', 'budgets.json'))).toBe(false)
  })
})

describe('budgets.json', () => {
  const file = join(folder, 'changed', 'budgets.json')
  const changed = (change: (budgets: Record<string, unknown>) => unknown) => {
    cpSync(path, join(folder, 'changed'), { recursive: true })
    const budgets = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify(change(budgets)))
    return () => budgetThresholds(openRun(join(folder, 'changed')), 0.9)
  }

  it('refuses shares that were not calibrated', () => {
    const run = openRun(path)
    for (const share of [0, 1.3]) expect(() => budgetThresholds(run, share)).toThrow(/^budget: share/)
    expect(() => budgetThresholds(run, 0.1)).toThrow(/^budget: 0\.1 .* needs 0\.\d+ with every gate closed\./)
    expect(() => budgetThresholds(openRun(join(folder, 'linear')), 0.9)).toThrow(
      /^budget: .*linear has not been calibrated\. Do that first: dyt calibrate /,
    )
  })

  it('refuses a file that is damaged, of another version, or of other weights', () => {
    const again = /Calibrate again: dyt calibrate .*changed$/
    const short = (budgets: Record<string, unknown>) => {
      const points = (budgets.points as { thresholds: number[] }[]).map((point) => ({
        ...point,
        thresholds: [0.5],
      }))
      return { ...budgets, points }
    }
    const cases: [Parameters<typeof changed>[0], RegExp][] = [
      [(budgets) => ({ ...budgets, formatVersion: 2 }), /of format version 2, this library reads version 1/],
      [({ formatVersion: _, ...rest }) => rest, /of format version none/],
      [({ points: _, ...rest }) => rest, /is damaged at points/],
      [(budgets) => ({ ...budgets, adapter: 'x' }), /of other weights than .*adapter\.safetensors/],
      [short, /has 1 thresholds for 2 gates of the run/],
    ]
    for (const [change, message] of cases) {
      const open = changed(change)
      expect(open).toThrow(message)
      expect(open).toThrow(again)
    }
    writeFileSync(file, '{"formatVersion": 1, ')
    expect(() => budgetThresholds(openRun(join(folder, 'changed')), 0.9)).toThrow(/budgets\.json is not JSON/)
    const config = join(folder, 'changed', 'config.json')
    writeFileSync(config, readFileSync(config, 'utf8').replace('"formatVersion": 1', '"formatVersion": 9'))
    expect(() => openRun(join(folder, 'changed'))).toThrow(/is of format version 9/)
  })
})
