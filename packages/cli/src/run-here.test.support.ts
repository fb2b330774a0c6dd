import { vi } from 'vitest'
import type { CommandUnit } from './command.ts'
import { commands } from './commands/registry.ts'
import { runCommandLine } from './program.ts'

/** What a command line said, and how it ended. */
export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command line of some commands in this very process, in a folder: a second less than a process of its
 * own. One at a time, as it takes over the streams and the working folder.
 */
export async function runHere(
  folder: string,
  units: readonly CommandUnit[],
  args: readonly string[],
): Promise<Said> {
  const said = { stdout: '', stderr: '' }
  const before = process.cwd()
  process.chdir(folder)
  vi.stubEnv('NO_COLOR', '1')
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text
      return true
    }),
  )
  try {
    return { code: await runCommandLine(units, args), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
    vi.unstubAllEnvs()
    process.chdir(before)
  }
}

/** Runs `dyt` in this process. */
export const dytHere = (folder: string, ...args: readonly string[]): Promise<Said> =>
  runHere(folder, commands, args)
