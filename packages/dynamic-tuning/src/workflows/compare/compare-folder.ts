import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RunError } from '../../errors.ts'
import { createRunFolder, openRunFolder, type RunFolder } from '../../io/run-folder.ts'
import { libraryVersion } from '../library-version.ts'
import { located } from '../prepare-run.ts'
import type { CompareInput, ComparePlan } from './plan.ts'

/** Where the runs of a case are. */
export function casePath(out: string, folder: string): string {
  return join(out, 'cases', folder)
}

/**
 * Opens and locks the folder of a comparison, or makes it. One that was begun may be given further cases and other seeds.
 * @throws RunError where `out` holds something else, or runs of cases that the plan does not have
 */
export function openCompareFolder(out: string, plan: ComparePlan): RunFolder {
  if (!existsSync(join(out, 'config.json'))) return createRunFolder(out)
  const folder = openRunFolder(out, { write: true })
  try {
    const config = folder.readConfig() as { readonly command?: unknown }
    if (config.command !== 'compare')
      throw new RunError(`compare: ${out} holds a run of ${config.command}. Choose another folder.`)
    const foreign = casesIn(out).filter((name) => plan.cases.every((each) => each.folder !== name))
    if (foreign.length > 0)
      throw new RunError(
        `compare: ${out} holds another comparison, with runs of ${foreign.join(', ')}. Choose another folder, or compare those too.`,
      )
    return folder
  } catch (error) {
    folder.release()
    throw error
  }
}

/** Saves what was asked for, and makes room for the runs of every case. */
export function prepareCompareFolder(folder: RunFolder, input: CompareInput, plan: ComparePlan): void {
  folder.writeConfig({
    command: 'compare',
    version: libraryVersion(),
    settings: located({ ...input, data: plan.data }),
  })
  for (const each of plan.cases) mkdirSync(casePath(folder.path, each.folder), { recursive: true })
}

function casesIn(out: string): string[] {
  const path = join(out, 'cases')
  return existsSync(path) ? readdirSync(path) : []
}
