import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SweepOutcome } from 'dynamic-tuning'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt, folderWithBackbone, start } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))
const text = (...names: string[]): string => readFileSync(join(folder, ...names), 'utf8')
const common = [
  'model: tiny.safetensors',
  'trainSize: 32',
  'testSize: 16',
  'batch: 16',
  'workers: 0',
  'threads: 1',
]
const file = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(join(folder, name), [...common, ...lines].join('\n'))

file(
  'grid.yaml',
  'epochs: 2',
  'method: linear',
  'grid:',
  '  data: ["builtin:nature", nowhere]',
  '  imageSize: [32, 64x32]',
)
file('typo.yaml', 'data: builtin:nature', 'grid:', '  learning_rat: [0.1]')
file('value.yaml', 'data: builtin:nature', 'grid:', '  epochs: [1, many]')

describe('dyt sweep', { timeout: 400_000 }, () => {
  it('stops at Ctrl-C, goes on, and puts the best first; data that are missing fail alone', async () => {
    const run = ['sweep', 'grid.yaml', '--jobs', '1', '--memory', '2GB', '--tensorboard', '--out', 'out']
    const first = start(folder, ...run)
    await first.said(/imageSize 32x32 +accuracy/)
    first.child.kill('SIGINT')
    const stopped = await first.ended
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('Stopped with 1 of 2 runs finished. The same command goes on from here.')

    const last = await dyt(folder, ...run, '--json')
    expect(last.stderr).toContain('dyt sweep: 2 runs, 1 finished before, into out\n')
    expect(last.code).toBe(1)
    const outcome = JSON.parse(last.stdout) as SweepOutcome
    expect(outcome).toMatchObject({ run: 'out', metric: 'accuracy', axes: ['data', 'imageSize'], seeds: [0] })
    type Row = SweepOutcome['cases'][0] & { readonly accuracy: number }
    const [best, other] = outcome.cases as [Row, Row]
    expect(best.accuracy).toBeGreaterThanOrEqual(other.accuracy)
    expect([best, other].map((row) => row.settings.imageSize).sort()).toEqual([
      [32, 32],
      [64, 32],
    ])
    expect(outcome.failures.map((each) => [each.case, each.error])).toEqual(
      ['32x32', '64x32'].map((size) => [
        `data nowhere, imageSize ${size}`,
        'dataset: there is no nowhere. Give a folder, a .tar archive or builtin:TASK.',
      ]),
    )
    expect(JSON.parse(text('out', 'sweep.json'))).toEqual(outcome)
    expect(text('out', 'sweep.csv')).toMatch(/^data,imageSize,case,/)
    expect(text('out', 'sweep.md')).toContain('## Failed')
    expect(text('out', 'sweep.html')).toContain('2 cases of data, imageSize')
    expect(existsSync(join(best.runs[0]?.run as string))).toBe(false)
    expect(existsSync(join(folder, best.runs[0]?.run as string, 'events.out.tfevents.dynamic-tuning'))).toBe(
      true,
    )
  })

  it('starts nothing where the grid is wrong', async () => {
    const typo = await dytHere(folder, 'sweep', 'typo.yaml', '--out', 'none', '--quiet')
    expect(typo).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'dyt: sweep: case "learning_rat 0.1": Unknown setting learning_rat. Did you mean learningRate?\n',
    })
    const value = await dytHere(folder, 'sweep', 'value.yaml', '--quiet')
    expect(value).toMatchObject({ code: 2, stdout: '' })
    expect(value.stderr).toBe(
      'dyt: config: epochs in value.yaml is "many". Give a whole number of at least 1.\n',
    )
    expect((await dytHere(folder, 'sweep', '--quiet')).stderr).toMatch(/^dyt: sweep: no grid is given\. /)
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })
})
