import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { RunError } from '../../errors.ts'
import { createRunFolder, openRunFolder, type RunFolder } from '../../io/run-folder.ts'
import { libraryVersion } from '../../run/library-version.ts'
import type { RunCase } from './run-case.ts'

const config = z.looseObject({ command: z.unknown() })

/** Folder of a case's runs. */
export function casePath(out: string, folder: string, below = 'cases'): string {
  return join(out, below, folder)
}

/**
 * Creates, or opens and locks, the folder of a study. An existing one may get further cases and
 * other seeds.
 * @throws RunError if `out` holds something else, or runs of cases that are not requested
 */
export function openManyFolder(where: string, out: string, cases: readonly RunCase[]): RunFolder {
  if (!existsSync(join(out, 'config.json'))) return createRunFolder(out)
  const folder = openRunFolder(out, { write: true })
  try {
    const { command } = config.parse(folder.readConfig())
    if (command !== where)
      throw new RunError(`${where}: ${out} holds a run of ${command}. Choose another folder.`)
    const foreign = casesIn(out).filter((name) => cases.every((each) => each.folder !== name))
    if (foreign.length > 0)
      throw new RunError(
        `${where}: ${out} holds runs of other cases, ${foreign.join(', ')}. Choose another folder, or ask for those too.`,
      )
    return folder
  } catch (error) {
    folder.release()
    throw error
  }
}

/** Saves the settings of a study. */
export function saveRequest(folder: RunFolder, command: string, settings: object): void {
  folder.writeConfig({ command, version: libraryVersion(), settings })
}

/** Creates the folder of every case. */
export function makeCaseFolders(out: string, cases: readonly RunCase[], below?: string): void {
  for (const each of cases) mkdirSync(casePath(out, each.folder, below), { recursive: true })
}

function casesIn(out: string): string[] {
  const path = join(out, 'cases')
  return existsSync(path) ? readdirSync(path) : []
}
