import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt, folderWithBackbone, quick } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))
const alone = ['--threads', '1', '--quiet']

interface Point {
  readonly thresholds: number[]
  readonly share: number
  readonly accuracy: number
}
interface Evaluated {
  readonly accuracy: number
  readonly flops: number
  readonly staticFlops: number
  readonly thresholds: number[]
}

beforeAll(async () => {
  for (const method of ['dyt', 'linear']) {
    const tuning = ['--method', method, '--epochs', '1', '--out', method]
    expect((await dyt(folder, 'finetune', ...quick, ...tuning, '--quiet')).code).toBe(0)
  }
})

describe('dyt calibrate', () => {
  it('saves budgets that eval, predict and export take', async () => {
    const before = await dytHere(folder, 'eval', 'dyt', '--budget', '0.9', ...alone)
    expect(before).toMatchObject({ code: 1, stdout: '' })
    expect(before.stderr).toBe('dyt: budget: dyt has not been calibrated. Do that first: dyt calibrate dyt\n')
    const ended = await dyt(folder, 'calibrate', 'dyt', '--flops', '0.9', '--json', ...alone)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const { points, trained, targets } = JSON.parse(ended.stdout) as {
      points: Point[]
      trained: Point
      targets: { kind: string; asked: number; point: Point }[]
    }
    expect(points.length).toBeGreaterThanOrEqual(11)
    expect(targets).toMatchObject([{ kind: 'flops', asked: 0.9 }])
    const budget = String(targets[0]?.point.share)
    const read = async (...more: string[]) =>
      JSON.parse((await dytHere(folder, 'eval', 'dyt', '--json', ...alone, ...more)).stdout) as Evaluated
    expect((await read()).accuracy).toBe(trained.accuracy)
    const at = await read('--budget', budget)
    expect(at.thresholds).toEqual(targets[0]?.point.thresholds)
    expect(at.accuracy).toBe(targets[0]?.point.accuracy)
    expect(at.flops / at.staticFlops).toBeCloseTo(Number(budget), 12)
    const file = join(folder, 'dyt', 'model.onnx')
    const exported = async (...more: string[]) => {
      const { stdout } = await dytHere(folder, 'export', 'dyt', '--budget', budget, '--json', ...more)
      return (JSON.parse(stdout) as { inputs: { name: string }[] }).inputs.map(({ name }) => name)
    }
    expect(await exported()).toEqual(['pixel_values', 'threshold'])
    expect(readFileSync(file, 'latin1')).toContain(JSON.stringify(at.thresholds))
    expect(await exported('--fixed-threshold')).toEqual(['pixel_values'])
  })

  it('shows the curve as a table', async () => {
    const { stdout } = await dytHere(folder, 'calibrate', 'dyt', '--accuracy-drop', '100', ...alone)
    expect(stdout).toMatch(/^One trained model at many budgets, 32 test images/)
    expect(stdout).toMatch(/\n *0 +100\.0 %/)
    expect(stdout).toMatch(/as trained/)
    expect(stdout).toMatch(/\nAccuracy drop 100: threshold 1, \d+\.\d % of the static FLOPs, accuracy /)
    expect(stdout).toMatch(/dyt export dyt --budget 0\.\d+\n/)
  })

  it.each([
    [['calibrate', 'dyt', '--latency', '20min'], 'Unknown unit min. Use us, ms or s'],
    [['calibrate', 'dyt', '--flops', '1.3'], 'calibrate: share 1.3 '],
    [['calibrate', 'dyt', '--flops', '0'], 'calibrate: share 0 '],
    [['calibrate', 'linear'], 'calibrate: this run of linear skips no tokens'],
    [['eval', 'dyt', '--budget', '0'], 'budget: share 0 '],
    [['eval', 'dyt', '--budget', '0.9', '--pass', 'complete'], 'eval: --budget closes gates'],
    [['export', 'linear', '--dead-blocks'], 'export: this run of linear dispatches nothing'],
    [['export', '--model', 'x', '--random-weights', '--budget', '1'], 'export: budget needs a run'],
    [
      ['bench', 'inference', '--budget', '0.6', '--active', '0.5'],
      'bench: --budget decides what --active is',
    ],
  ])('refuses dyt %s', async (args, text) => {
    const ended = await dytHere(folder, ...args)
    expect(ended.stderr).toContain(text)
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(/^dyt: .*\n$/)
  })

  it('says that budgets.json is damaged', async () => {
    writeFileSync(join(folder, 'dyt', 'budgets.json'), '{')
    const ended = await dytHere(folder, 'predict', 'dyt', 'x.png', '--budget', '0.9')
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^dyt: read: .*budgets\.json is not JSON, .*\n$/)
  })
})
