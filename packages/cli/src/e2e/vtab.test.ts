import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { VtabOutcome } from 'dynamic-tuning/study'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dyt, folderWithBackbone, start } from './dyt.test.support.ts'
import { writeTask } from './vtab.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(async () => {
  for (const [seed, name] of ['cifar', 'dsprites_loc'].entries())
    await writeTask(join(folder, 'vtab'), name, seed)
})
const text = (...names: string[]): string => readFileSync(join(folder, ...names), 'utf8')
const common = [
  ...['vtab', '--root', 'vtab', '--model', 'tiny.safetensors', '--bottleneck', '4', '--epochs', '2'],
  ...['--batch', '4', '--threads', '1', '--workers', '0', '--jobs', '1'],
]

/** What no two runs share left out: times, memory and places. */
function steady({ tasks, groups, mean }: VtabOutcome): object {
  const rows = tasks.map(({ seconds: _s, peakMemoryMB: _m, runs, ...row }) => ({
    ...row,
    runs: runs.map(({ seconds: _s, loaderWaitShare: _w, peakMemoryMB: _m, run: _r, ...run }) => run),
  }))
  return { rows, groups, mean }
}

describe('dyt vtab', { timeout: 400_000 }, () => {
  it('killed and begun again, gives the numbers of a run that never stopped', async () => {
    const whole = await dyt(folder, ...common, '--out', 'whole', '--json', '--quiet')
    expect(whole).toMatchObject({ code: 0, stderr: '' })
    const outcome = JSON.parse(whole.stdout) as VtabOutcome
    expect(outcome).toMatchObject({
      run: 'whole',
      root: 'vtab',
      method: 'dyt',
      complete: false,
      failures: [],
    })
    expect(outcome.missing).toHaveLength(17)
    type Row = VtabOutcome['tasks'][0] & { readonly accuracy: number }
    const [cifar, dsprites] = outcome.tasks as [Row, Row]
    expect([cifar.title, cifar.paper, dsprites.title, dsprites.paper]).toEqual([
      'CIFAR-100',
      0.736,
      'dSpr-Loc',
      0.836,
    ])
    expect(cifar.runs[0]).toMatchObject({ data: 'cifar', images: 4 })
    const mean = (cifar.accuracy + dsprites.accuracy) / 2
    expect(outcome.mean).toMatchObject({ accuracy: expect.closeTo(mean, 12) })
    expect(outcome.mean?.paper).toBeCloseTo((0.736 + 0.836) / 2, 12)

    const parts = [...common, '--out', 'parts']
    const first = start(folder, ...parts)
    await first.said(/ {2}cifar +accuracy/)
    first.child.kill('SIGKILL')
    await first.ended
    const rest = await dyt(folder, ...parts, '--json')
    expect(rest.stderr).toContain('not in vtab: caltech101, dtd, ')
    expect(rest.stderr).toContain('dyt vtab: 2 runs, 1 finished before, into parts\n')
    expect(steady(JSON.parse(rest.stdout))).toEqual(steady(outcome))
    const row = text('parts', 'vtab.md').split('\n')
    expect(row[2]).toBe('| method | CIFAR-100 | dSpr-Loc | mean | FLOPs |')
    expect(row[5]).toBe('| DyT r=0.5 (paper) | 73.6 | 83.6 | 78.60 | – |')
    expect(text('parts', 'vtab.csv')).toMatch(/\r\ndsprites_loc,structured,1,/)
    expect(text('parts', 'vtab.html')).toContain('VTAB-1K with dyt, 2 of 19 tasks')
  })

  it('chooses a scale for each task on val200, and shows the table', async () => {
    const scales = ['--tasks', 'cifar', '--search', '0.1,10']
    const shown = await dyt(folder, ...common, ...scales, '--out', 'search')
    expect(shown.code).toBe(0)
    expect(shown.stderr).toContain('choosing the adapter scale of 1 tasks from 0.1, 10\n')
    expect(shown.stdout).toMatch(
      /\ntask +group +accuracy +95 % +paper +difference +scale +seeds\n[^\n]*\nCIFAR-100 +natural +[\d.]+ %/,
    )
    const { search, tasks } = JSON.parse(text('search', 'vtab.json')) as VtabOutcome
    const [row] = search as [VtabOutcome['search'][0]]
    const scores = row.accuracies as readonly { scale: number; accuracy: number }[]
    const best = Math.max(...scores.map(({ accuracy }) => accuracy))
    expect(row.chosen).toBe(scores.find(({ accuracy }) => accuracy === best)?.scale)
    expect(tasks[0]?.adapterScale).toBe(row.chosen)
    const settings = (...names: string[]) => JSON.parse(text('search', ...names, 'config.json')).settings
    expect(settings('search', 'cifar-s10', 'seed0')).toMatchObject({
      split: 'search',
      testOn: 'validation',
      adapterScale: 10,
    })
    expect(settings('cases', 'cifar', 'seed0')).toMatchObject({
      split: 'final',
      testOn: 'test',
      adapterScale: row.chosen,
    })
    const [tried] =
      text('search', 'search', 'cifar-s10', 'seed0', 'metrics.jsonl').match(/"kind":"result".*/) ?? []
    // Two images of val200, not the four of test.
    expect(tried).toContain('"images":2')
  })

  it('starts nothing where something is wrong', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const ended = await dyt(folder, ...common, '--quiet', '--out', 'none', ...args)
      expect(ended.stdout).toBe('')
      return ended.stderr
    }
    expect(await refused('--root', 'nowhere')).toMatch(/^dyt: vtab: nowhere holds no task, expected folders/)
    expect(await refused('--method', 'linear', '--search')).toMatch(
      /adapterScale is 0.01, but linear does not/,
    )
  })
})
