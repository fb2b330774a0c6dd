import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from '../../errors.ts'
import { readText } from '../../io/regular-file.ts'
import { type VtabTask, vtabLists } from './vtab.ts'

/**
 * How the list files of a folder differ from those of a task of VTAB-1K (arXiv:1910.04867), each in a few
 * words: the number of images, and the labels, which go from 0 to the number of classes - 1 and are all among
 * the test images. [] if they do not differ. Lists that are not there are not looked at.
 */
export function differencesFromVtab({ classes, testImages }: VtabTask, folder: string): string[] {
  const counts: readonly number[] = [800, 200, 1000, testImages]
  return vtabLists.flatMap((list, i) => {
    const path = join(folder, list)
    if (!existsSync(path)) return []
    const labels = labelsIn(path)
    const count = counts[i] ?? 0
    const most = labels.reduce((max, label) => Math.max(max, label), -1)
    const inRange = list === 'test.txt' ? most === classes - 1 : most < classes
    return [
      ...(labels.length === count ? [] : [`${list} has ${labels.length} images instead of ${count}`]),
      ...(inRange ? [] : [`labels of ${list} go up to ${most} instead of ${classes - 1}`]),
    ]
  })
}

/** The last number of each line. */
function labelsIn(path: string): number[] {
  const lines = readText(path, 'dataset', DataError).split(/\r?\n/)
  return lines.filter((line) => line.trim() !== '').map((line) => Number(/\S+\s*$/.exec(line)?.[0]))
}
