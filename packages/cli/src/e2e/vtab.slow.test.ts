import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { vtabTasks } from 'dynamic-tuning/data'
import type { VtabOutcome } from 'dynamic-tuning/study'
import { afterAll, describe, expect, it } from 'vitest'
import { dyt, folderWithBackbone } from './dyt.test.support.ts'
import { writeTask } from './vtab.test.support.ts'

const folder = folderWithBackbone()
afterAll(() => rmSync(folder, { recursive: true }))

describe('dyt vtab', { timeout: 900_000 }, () => {
  it('runs all 19 tasks into the row of Table 3', async () => {
    for (const [seed, { name }] of vtabTasks.entries()) await writeTask(join(folder, 'vtab'), name, seed)
    const ended = await dyt(
      folder,
      ...['vtab', '--root', 'vtab', '--model', 'tiny.safetensors', '--method', 'linear', '--epochs', '1'],
      ...['--batch', '8', '--threads', '2', '--workers', '0', '--jobs', '2', '--json', '--quiet'],
    )
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const { rows, missing, differing } = JSON.parse(ended.stdout) as VtabOutcome
    const [{ complete, tasks, groups, mean, paper }] = rows as [VtabOutcome['rows'][0]]
    // The folders have the names of the tasks, but drawn images.
    expect([rows.length, missing, differing.length, complete, paper, mean.paper]).toEqual([
      1,
      [],
      19,
      false,
      null,
      null,
    ])
    expect(tasks.map(({ task }) => task)).toEqual(vtabTasks.map(({ name }) => name))
    expect(groups.map((group) => group.tasks)).toEqual([7, 4, 8])
    const score = (groups as unknown as { accuracy: number }[]).reduce(
      (sum, { accuracy }) => sum + accuracy / 3,
      0,
    )
    expect(mean).toMatchObject({ accuracy: expect.closeTo(score, 12) })
  })
})
