import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** The three groups of VTAB, in the order of its tables. */
export const vtabGroups = ['natural', 'specialized', 'structured'] as const

/** A group of VTAB's tasks; results are averaged within each group, then over the three groups. */
export type VtabGroup = (typeof vtabGroups)[number]

/** A task of VTAB-1K. */
export interface VtabTask {
  /** The usual name of its folder. */
  readonly name: string
  /** Title in tables. */
  readonly title: string
  readonly group: VtabGroup
  readonly classes: number
  /** Number of images in `test.txt`. */
  readonly testImages: number
}

const row = (
  name: string,
  title: string,
  group: VtabGroup,
  classes: number,
  testImages: number,
): VtabTask => ({
  name,
  title,
  group,
  classes,
  testImages,
})

/** The 19 tasks of VTAB-1K (arXiv:1910.04867) in the order of the usual tables. */
export const vtabTasks: readonly VtabTask[] = [
  row('cifar', 'CIFAR-100', 'natural', 100, 10_000),
  row('caltech101', 'Caltech101', 'natural', 102, 6_084),
  row('dtd', 'DTD', 'natural', 47, 1_880),
  row('oxford_flowers102', 'Flowers102', 'natural', 102, 6_149),
  row('oxford_iiit_pet', 'Pets', 'natural', 37, 3_669),
  row('svhn', 'SVHN', 'natural', 10, 26_032),
  row('sun397', 'Sun397', 'natural', 397, 21_750),
  row('patch_camelyon', 'Camelyon', 'specialized', 2, 32_768),
  row('eurosat', 'EuroSAT', 'specialized', 10, 5_400),
  row('resisc45', 'Resisc45', 'specialized', 45, 6_300),
  row('diabetic_retinopathy', 'Retinopathy', 'specialized', 5, 42_670),
  row('clevr_count', 'Clevr-Count', 'structured', 8, 15_000),
  row('clevr_dist', 'Clevr-Dist', 'structured', 6, 15_000),
  row('dmlab', 'DMLab', 'structured', 6, 22_735),
  row('kitti', 'KITTI-Dist', 'structured', 4, 711),
  row('dsprites_loc', 'dSpr-Loc', 'structured', 16, 73_728),
  row('dsprites_ori', 'dSpr-Ori', 'structured', 16, 73_728),
  row('smallnorb_azi', 'sNORB-Azim', 'structured', 18, 12_150),
  row('smallnorb_ele', 'sNORB-Ele', 'structured', 9, 12_150),
]

/** List files in a task's folder, with lines `path label`; paths are relative to the folder. */
export const vtabLists = ['train800.txt', 'val200.txt', 'train800val200.txt', 'test.txt'] as const

/** True if a folder holds at least one of the list files. */
export function isListFolder(folder: string): boolean {
  return vtabLists.some((name) => existsSync(join(folder, name)))
}

/** The task whose usual name a folder has; undefined if there is none. The folder need not exist. */
export function vtabTaskNamed(folder: string): VtabTask | undefined {
  const name = basename(resolve(folder))
  return vtabTasks.find((task) => task.name === name)
}

/** A task and its folder. */
export interface VtabFolder {
  readonly task: VtabTask
  readonly folder: string
}

/**
 * Tasks whose folders of list files are in `root`, and tasks that are missing; both
 * in the order of the tables.
 */
export function findVtabTasks(root: string): { found: VtabFolder[]; missing: VtabTask[] } {
  const all = vtabTasks.map((task): VtabFolder => ({ task, folder: join(root, task.name) }))
  return {
    found: all.filter(({ folder }) => isListFolder(folder)),
    missing: all.filter(({ folder }) => !isListFolder(folder)).map(({ task }) => task),
  }
}
