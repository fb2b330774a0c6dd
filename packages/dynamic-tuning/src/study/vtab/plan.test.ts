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
    const [cifar] = plan.tasks as [(typeof plan.tasks)[0]]
    const data = join(root, 'cifar')
    expect(plan.caseOf(cifar)).toMatchObject({ name: 'cifar', input: { data, method: 'dyt', rate: 0.7 } })
    expect(plan.caseOf(cifar, 10).input).toMatchObject({ adapterScale: 10 })
    expect(plan.caseOf(cifar, 10).input.split).toBeUndefined()
    expect(plan.searchCaseOf(cifar, 0.1)).toMatchObject({
      name: 'cifar s=0.1',
      folder: 'cifar-s0.1',
      input: { data, adapterScale: 0.1, split: 'search', testOn: 'validation' },
    })
    expect(planVtab({ root, tasks: ['kitti', 'svhn'] })).toMatchObject({
      tasks: [{ name: 'kitti' }],
      missing: [{ name: 'svhn' }],
    })
  })

  it('refuses what makes no sense, in one sentence', () => {
    expect(message({ epocs: 1 })).toBe('vtab: Unknown setting epocs. Did you mean epochs?')
    expect(message({ tasks: ['ciphar'] })).toBe('vtab: unknown task ciphar. Did you mean cifar?')
    expect(message({ split: 'search' })).toMatch('vtab: split is "search", but the tasks decide it')
    expect(message({ search: [0] })).toMatch(/^vtab: search/)
    expect(message({ root: join(root, 'dtd') })).toMatch(
      /dtd holds no task, expected folders such as cifar, caltech101, dtd with train800val200.txt and test.txt\. /,
    )
    expect(message({ tasks: ['svhn'] })).toMatch('holds none of these tasks, expected folders such as svhn')
  })
})
