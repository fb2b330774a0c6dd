import { describe, expect, it } from 'vitest'
import { inTempFolder, writeFiles } from '../testing/files.ts'
import { vtabTaskNamed } from './vtab.ts'
import { differencesFromVtab } from './vtab-differences.ts'

/** Lines `i.png label` whose labels take turns. */
const list = (count: number, classes: number): string =>
  Array.from({ length: count }, (_, i) => `i/${i}.png ${i % classes}\n`).join('')

describe('differences from a task of VTAB-1K', () => {
  it('are none for lists of its lengths and labels', async () => {
    await differ({ 'train800val200.txt': list(1000, 4), 'test.txt': list(711, 4) }, [])
    await differ(
      {
        'train800.txt': list(800, 4),
        'val200.txt': `${list(200, 3)}\n`,
        'train800val200.txt': list(1000, 4),
        'test.txt': list(711, 4).replaceAll('\n', '\r\n'),
      },
      [],
    )
  })

  it('are told of each list', async () => {
    await differ(
      {
        'train800.txt': list(801, 4),
        'val200.txt': list(20, 4),
        'train800val200.txt': list(1000, 5),
        'test.txt': list(710, 3),
      },
      [
        'train800.txt has 801 images instead of 800',
        'val200.txt has 20 images instead of 200',
        'labels of train800val200.txt go up to 4 instead of 3',
        'test.txt has 710 images instead of 711',
        'labels of test.txt go up to 2 instead of 3',
      ],
    )
  })
})

async function differ(files: Readonly<Record<string, string>>, expected: readonly string[]): Promise<void> {
  await inTempFolder(async (folder) => {
    writeFiles(folder, files)
    const task = vtabTaskNamed('kitti')
    expect(task && differencesFromVtab(task, folder)).toEqual(expected)
  })
}
