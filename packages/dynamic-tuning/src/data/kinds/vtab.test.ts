import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inTempFolder, writeFiles } from '../testing/files.ts'
import { findVtabTasks, vtabGroups, vtabTaskNamed, vtabTasks } from './vtab.ts'

describe('VTAB-1K', () => {
  it('has 7 natural, 4 specialized and 8 structured tasks', () => {
    const counts = vtabGroups.map((group) => vtabTasks.filter((task) => task.group === group).length)
    expect(counts).toEqual([7, 4, 8])
    expect(new Set(vtabTasks.map(({ name }) => name)).size).toBe(19)
    expect(vtabTaskNamed('/data/vtab-1k/sun397/')).toMatchObject({ classes: 397, testImages: 21_750 })
    expect(vtabTaskNamed('/data/photos')).toBeUndefined()
  })

  it('finds the folders of tasks by their list files', async () => {
    await inTempFolder(async (root) => {
      writeFiles(root, {
        'kitti/test.txt': '',
        'dtd/train800val200.txt': '',
        'svhn/readme.txt': '',
        'other/test.txt': '',
      })
      const { found, missing } = findVtabTasks(root)
      expect(found.map(({ task, folder }) => [task.name, folder])).toEqual([
        ['dtd', join(root, 'dtd')],
        ['kitti', join(root, 'kitti')],
      ])
      expect(missing.length).toBe(17)
      expect(missing.map(({ name }) => name)).toContain('svhn')
    })
  })
})
