import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CompareOutcome } from 'dynamic-tuning'
import type { JointOutcome } from 'dynamic-tuning/study'
import { afterAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
import { dyt, folderWithBackbone, quick, start } from './dyt.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]): string => join(folder, ...names)
const text = (...names: string[]): string => readFileSync(at(...names), 'utf8')

writeFileSync(
  at('cases.yaml'),
  `data: builtin:nature
model: tiny.safetensors
trainSize: 48
testSize: 32
batch: 16
epochs: 100
cases:
  - { name: probe, method: linear, epochs: 2, imageSize: 32 }
  - { name: no distillation, bottleneck: 4, distillation: false }
`,
)
const cases = ['compare', '--config', 'cases.yaml', '--workers', '0', '--threads', '1', '--jobs', '1']
const one = ['compare', ...quick, '--methods', 'linear', '--epochs', '2', '--jobs', '1']

/** Six processes one after the other take their time on a machine that does other work. */
const timeout = 400_000

describe('dyt compare', { timeout }, () => {
  it('leaves checkpoints at Ctrl-C and where it is killed, and goes on to one table', async () => {
    const first = start(folder, ...cases, '--out', 'parts', '--json')
    await first.said(/ {2}probe +accuracy/)
    const lock = at('parts', 'cases', 'no-distillation', 'seed0', '.dynamic-tuning.lock')
    while (!existsSync(lock)) await setTimeout(20)
    first.child.kill('SIGINT')
    const stopped = await first.ended
    expect(stopped.code).toBe(130)
    expect(JSON.parse(stopped.stdout)).toEqual({
      run: 'parts',
      finished: false,
      finishedRuns: 1,
      totalRuns: 2,
    })
    expect(stopped.stderr).toMatch(
      /\nStopped with 1 of 2 runs finished\. The same command goes on from here\.\n$/,
    )
    const checkpoint = at('parts', 'cases', 'no-distillation', 'seed0', 'checkpoint', 'state.safetensors')
    expect(existsSync(checkpoint)).toBe(true)

    const second = start(folder, ...cases, '--out', 'parts')
    await second.said('2 runs, 1 finished before, into parts')
    while (!existsSync(lock)) await setTimeout(20)
    second.child.kill('SIGKILL')
    await second.ended
    while (existsSync(lock)) await setTimeout(20)
    expect(text('parts', 'cases', 'no-distillation', 'seed0.log')).toMatch(/\nstopped\n$/)

    const last = await dyt(folder, ...cases, '--out', 'parts', '--json', '--quiet')
    expect(last).toMatchObject({ code: 0, stderr: '' })
    const outcome = JSON.parse(last.stdout) as CompareOutcome
    expect(outcome).toMatchObject({
      run: 'parts',
      finished: true,
      data: 'builtin:nature',
      seeds: [0],
      failures: [],
    })
    expect(outcome.settings).toMatchObject({ epochs: 100, trainSize: 48 })
    expect(outcome.cases.map((row) => [row.case, row.method, row.settings])).toEqual([
      ['probe', 'linear', { epochs: 2, imageSize: [32, 32] }],
      ['no distillation', 'dyt', { bottleneck: 4, distillation: false }],
    ])
    const run = JSON.parse(text('parts', 'cases', 'no-distillation', 'seed0', 'config.json'))
    expect(run.settings).toMatchObject({ distillation: false, bottleneck: 4, epochs: 100, threads: 1 })
    expect(JSON.parse(text('parts', 'compare.json'))).toEqual(outcome)
    expect(text('parts', 'compare.csv')).toContain(`\r\nprobe,linear,`)
    expect(text('parts', 'compare.html')).toContain('2 cases compared on builtin:nature')

    const again = await dytHere(
      folder,
      'compare',
      '--config',
      join('parts', 'config.json'),
      '--out',
      'parts',
      '--jobs',
      '1',
    )
    expect(again.code).toBe(0)
    expect(again.stderr).toBe(
      'opening data and backbone\ndyt compare: 2 runs, 2 finished before, into parts\n',
    )
    const lines = again.stdout.split('\n')
    expect(lines[1]).toMatch(
      /^case +accuracy +95 % +seeds +trained +FLOPs +active +images\/s +training +memory$/,
    )
    // A head of 32 features and 8 classes.
    expect(lines[3]).toMatch(/^probe +\d+\.\d % +\d+\.\d to \d+\.\d +1 +264 +427\.68 k +100\.0 % +\d+ +/)
    expect(again.stdout).toContain(`See it   ${join('parts', 'compare.html')}\n`)
  })

  it('ends with code 1 where a run fails, and says which and why', async () => {
    const diverging = ['--learning-rate', '1e38', '--warmup-epochs', '0']
    const ended = await dyt(folder, ...one, ...diverging, '--out', 'failed')
    expect(ended.code).toBe(1)
    const log = join('failed', 'cases', 'linear', 'seed0.log')
    for (const said of [ended.stdout, ended.stderr, text('failed', 'compare.md')]) {
      expect(said).toContain('linear, seed 0: train: the loss is ')
      expect(said).toContain(`(${log})`)
    }
    expect(text(log)).toMatch(/RunError: train: the loss is /)
  })

  it('refuses a folder with another comparison or other settings before anything runs', async () => {
    const other = await dytHere(folder, ...one, '--quiet', '--out', 'failed')
    expect(other).toMatchObject({ code: 2, stdout: '' })
    expect(other.stderr).toMatch(
      /^dyt: run: .*seed0 was run with learningRate 1e\+38, now it is 0\.001\. .*\n$/,
    )
    const foreign = await dytHere(folder, ...one, '--quiet', '--methods', 'full', '--out', 'failed')
    expect(foreign).toMatchObject({ code: 1, stdout: '' })
    expect(foreign.stderr).toBe(
      'dyt: compare: failed holds runs of other cases, linear. Choose another folder, or ask for those too.\n',
    )
  })

  it('takes several datasets into one table', async () => {
    writeFileSync(
      at('joint.yaml'),
      `model: tiny.safetensors
testSize: 16
batch: 16
datasets:
  - { name: A, data: builtin:nature, epochs: 3 }
  - { name: B, data: nowhere }
  - { name: C, data: builtin:count, trainSize: 32 }
cases:
  - { name: probe, method: linear, imageSize: 32 }
`,
    )
    const joint = ['compare', '--config', 'joint.yaml', '--data', 'A=builtin:orientation,C=builtin:count']
    const shown = await dyt(folder, ...joint, '--epochs', '1', '--workers', '0', '--threads', '1')
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/\nmethod +A +C +trained +FLOPs\n.*\nprobe +[\d.]+ +[\d.]+ /)
    const { rows, datasets } = JSON.parse(text('runs', 'joint', 'compare.json')) as JointOutcome
    expect(datasets).toEqual(['A', 'C'])
    expect(rows.map((row) => row.cells.map(({ dataset, runs }) => [dataset, runs[0]?.data]))).toEqual([
      [
        ['A', 'builtin:orientation'],
        ['C', 'builtin:count'],
      ],
    ])
    const wrong = await dytHere(folder, 'compare', '--config', 'joint.yaml', '--data', 'photos')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('such as A=PLACE.')])
  })
})
