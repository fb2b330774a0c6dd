import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { planVtab } from './plan.ts'

const root = mkdtempSync(join(tmpdir(), 'vtab-'))
afterAll(() => rmSync(root, { recursive: true }))
for (const name of ['kitti', 'cifar', 'dtd']) {
  mkdirSync(join(root, name))
  writeFileSync(join(root, name, 'test.txt'), '')
}
const message = (input: object): string => {
  try {
    planVtab({ root, ...input })
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}

describe('planVtab', () => {
  it('takes the tasks that are there, in the order of the tables', () => {
    const plan = planVtab({ root, rate: 0.7, seeds: 3, split: 'final', search: true })
    expect(plan.tasks.map(({ name }) => name)).toEqual(['cifar', 'dtd', 'kitti'])
    expect(plan.missing).toHaveLength(16)
    expect(plan.seeds).toEqual([0, 1, 2])
    expect(plan.scales).toEqual([0.01, 0.1, 1, 10])
    expect(plan.cells.map(({ row, task }) => [row.name, task.name])).toEqual([
      ['dyt', 'cifar'],
      ['dyt', 'dtd'],
      ['dyt', 'kitti'],
    ])
    const [cifar] = plan.cells as [(typeof plan.cells)[0]]
    const data = join(root, 'cifar')
    const name = 'dyt on cifar'
    expect(plan.caseOf(cifar)).toMatchObject({ name, input: { data, method: 'dyt', rate: 0.7 } })
    expect(plan.caseOf(cifar, 10).input).toMatchObject({ adapterScale: 10 })
    expect(plan.caseOf(cifar, 10).input.split).toBeUndefined()
    expect(plan.searchCaseOf(cifar, 0.1)).toMatchObject({
      name: 'dyt on cifar s=0.1',
      folder: 'dyt-on-cifar-s0.1',
      input: { data, adapterScale: 0.1, split: 'search', testOn: 'validation' },
    })
    expect(planVtab({ root, tasks: ['kitti', 'svhn'] })).toMatchObject({
      tasks: [{ name: 'kitti' }],
      missing: [{ name: 'svhn' }],
    })
  })

  it('takes several methods, or cases with settings of their own', () => {
    const rows = (input: object) => planVtab({ root, ...input }).rows
    const plain = { settings: {}, searched: false }
    expect(rows({ method: ['lora', 'dyt'] })).toEqual([
      { name: 'lora', method: 'lora', ...plain },
      { name: 'dyt', method: 'dyt', ...plain },
    ])
    expect(rows({ method: ['lora', 'dyt'], search: true }).map(({ searched }) => searched)).toEqual([
      false,
      true,
    ])
    const cases = [
      { name: 'A', method: 'linear' },
      { name: 'B', rate: 0.9, bottleneck: 8 },
    ]
    const plan = planVtab({ root, epochs: 3, tasks: ['dtd'], cases })
    expect(plan.cells.map((cell) => plan.caseOf(cell))).toMatchObject([
      { name: 'A on dtd', method: 'linear', settings: {}, input: { method: 'linear', epochs: 3 } },
      { name: 'B on dtd', method: 'dyt', settings: { rate: 0.9, bottleneck: 8 }, input: { bottleneck: 8 } },
    ])
  })

  it('refuses what makes no sense, in one sentence', () => {
    expect(message({ epocs: 1 })).toBe('vtab: Unknown setting epocs. Did you mean epochs?')
    expect(message({ tasks: ['ciphar'] })).toBe('vtab: unknown task ciphar. Did you mean cifar?')
    expect(message({ split: 'search' })).toMatch('vtab: split is "search", but the tasks decide it')
    expect(message({ method: 'lora', search: true })).toMatch(/lora has no adapter scale. Leave it out.$/)
    expect(message({ method: 'dyt', cases: [{ name: 'A' }] })).toMatch('both cases and method are given')
    expect(message({ cases: [{ name: 'A', split: 'search' }] })).toMatch(
      'split is "search", but the tasks decide',
    )
    expect(message({ method: ['dyt', 'dyt'] })).toMatch('two cases are called "dyt on cifar"')
    expect(message({ search: [0] })).toMatch(/^vtab: search/)
    expect(message({ root: join(root, 'dtd') })).toMatch(
      /dtd holds no task, expected folders such as cifar, caltech101, dtd with train800val200.txt and test.txt\. /,
    )
    expect(message({ tasks: ['svhn'] })).toMatch('holds none of these tasks, expected folders such as svhn')
  })
})
