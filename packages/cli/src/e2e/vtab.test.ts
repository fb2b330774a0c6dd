import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { VtabOutcome } from 'dynamic-tuning/study'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dytHere } from '../run-here.test.support.ts'
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
function steady({ rows }: VtabOutcome): object {
  return rows.map(({ tasks, ...row }) => ({
    ...row,
    tasks: tasks.map(({ seconds: _s, peakMemoryMB: _m, runs, ...task }) => ({
      ...task,
      runs: runs.map(({ seconds: _s, loaderWaitShare: _w, peakMemoryMB: _m, run: _r, ...run }) => run),
    })),
  }))
}

describe('dyt vtab', { timeout: 400_000 }, () => {
  it('killed and begun again, gives the numbers of a run that never stopped', async () => {
    const whole = await dyt(folder, ...common, '--out', 'whole', '--json', '--quiet')
    expect(whole).toMatchObject({ code: 0, stderr: '' })
    const outcome = JSON.parse(whole.stdout) as VtabOutcome
    expect(outcome).toMatchObject({ run: 'whole', root: 'vtab', failures: [] })
    expect(outcome.missing).toHaveLength(17)
    const [row] = outcome.rows as [VtabOutcome['rows'][0]]
    expect(row).toMatchObject({ case: 'dyt', method: 'dyt', complete: false, paper: null })
    type Row = VtabOutcome['rows'][0]['tasks'][0] & { readonly accuracy: number }
    const [cifar, dsprites] = row.tasks as unknown as [Row, Row]
    // Twelve drawn images in folders of these names are not the tasks of VTAB-1K.
    expect([cifar.title, cifar.paper, dsprites.title, dsprites.paper]).toEqual([
      'CIFAR-100',
      null,
      'dSpr-Loc',
      null,
    ])
    expect(outcome.differing.map(({ task }) => task)).toEqual(['cifar', 'dsprites_loc'])
    expect(cifar.runs[0]).toMatchObject({ data: 'cifar', images: 4 })
    const mean = (cifar.accuracy + dsprites.accuracy) / 2
    expect(row.mean).toMatchObject({ accuracy: expect.closeTo(mean, 12), paper: null })

    const parts = [...common, '--out', 'parts']
    const first = start(folder, ...parts)
    await first.said(/ {2}dyt on cifar +accuracy/)
    first.child.kill('SIGKILL')
    await first.ended
    const rest = await dyt(folder, ...parts, '--json')
    expect(rest.stderr).toContain('not in vtab: caltech101, dtd, ')
    expect(rest.stderr).toMatch(
      /cifar is not the task of VTAB-1K.*: train800.txt has 6 images instead of 800/,
    )
    expect(rest.stderr).toContain('dyt vtab: 2 runs, 1 finished before, into parts\n')
    expect(steady(JSON.parse(rest.stdout))).toEqual(steady(outcome))
    const lines = text('parts', 'vtab.md').split('\n')
    expect(lines[2]).toBe('| method | CIFAR-100 | dSpr-Loc | mean | trained | FLOPs |')
    expect(lines[4]).toMatch(/^\| dyt \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [\d.]+( k)? \| [\d.]+ k \|$/)
    expect(text('parts', 'vtab.csv')).toMatch(/\r\ndyt,dsprites_loc,structured,1,/)
    expect(text('parts', 'vtab.html')).toContain('VTAB-1K with dyt, 2 of 19 tasks')
  })

  it('puts several methods into one table and one plot', async () => {
    const several = ['--method', 'linear,lora', '--tasks', 'cifar', '--epochs', '1', '--out', 'several']
    const shown = await dyt(folder, ...common, ...several)
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/\nmethod +natural +specialized +structured +mean +trained +FLOPs\n/)
    expect(shown.stdout).toMatch(/\nlinear +[\d.]+ +– +– +[\d.]+ +\d+ +[\d.]+ k\nlora +[\d.]+ /)
    const page = text('several', 'vtab.html')
    expect(page).toContain('VTAB-1K with 2 methods, 1 of 19 tasks')
    expect(page).toContain('Accuracy against compute, mean of the means of groups')
    const { rows } = JSON.parse(text('several', 'vtab.json')) as VtabOutcome
    expect(rows.map((row) => [row.case, row.tasks.map(({ task }) => task)])).toEqual([
      ['linear', ['cifar']],
      ['lora', ['cifar']],
    ])
  })

  it('chooses a scale for each task on val200, and shows the table', async () => {
    const scales = ['--tasks', 'cifar', '--search', '0.1,10']
    const shown = await dyt(folder, ...common, ...scales, '--out', 'search')
    expect(shown.code).toBe(0)
    expect(shown.stderr).toContain('choosing the adapter scale of 1 tasks from 0.1, 10\n')
    expect(shown.stdout).toMatch(
      /\ntask +group +accuracy +95 % +paper +difference +scale +seeds\n[^\n]*\nCIFAR-100 +natural +[\d.]+ %/,
    )
    const { search, rows } = JSON.parse(text('search', 'vtab.json')) as VtabOutcome
    const [row] = search as [VtabOutcome['search'][0]]
    const scores = row.accuracies as readonly { scale: number; accuracy: number }[]
    const best = Math.max(...scores.map(({ accuracy }) => accuracy))
    expect(row.chosen).toBe(scores.find(({ accuracy }) => accuracy === best)?.scale)
    expect(rows[0]?.tasks[0]?.adapterScale).toBe(row.chosen)
    const settings = (...names: string[]) => JSON.parse(text('search', ...names, 'config.json')).settings
    expect(settings('search', 'dyt-on-cifar-s10', 'seed0')).toMatchObject({
      split: 'search',
      testOn: 'validation',
      adapterScale: 10,
    })
    expect(settings('cases', 'dyt-on-cifar', 'seed0')).toMatchObject({
      split: 'final',
      testOn: 'test',
      adapterScale: row.chosen,
    })
    const [tried] =
      text('search', 'search', 'dyt-on-cifar-s10', 'seed0', 'metrics.jsonl').match(/"kind":"result".*/) ?? []
    // Two images of val200, not the four of test.
    expect(tried).toContain('"images":2')
  })

  it('starts nothing where something is wrong', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const ended = await dytHere(folder, ...common, '--quiet', '--out', 'none', ...args)
      expect(ended.stdout).toBe('')
      return ended.stderr
    }
    expect(await refused('--root', 'nowhere')).toMatch(/^dyt: vtab: nowhere holds no task, expected folders/)
    expect(await refused('--method', 'linear', '--search')).toMatch(/linear has no adapter scale/)
  })
})
