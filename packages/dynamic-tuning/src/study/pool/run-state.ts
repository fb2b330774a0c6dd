import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../errors.ts'
import { canStartIn } from '../../io/failed-start.ts'
import { openRunFolder } from '../../io/run-folder.ts'
import { finishedSummary } from '../../run/finish-run.ts'
import { readRunConfig } from '../../run/run-config.ts'
import type { FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import { differingSetting, textOf } from '../../run/settings/resumed-settings.ts'
import type { RunSummary } from '../../run/summary.ts'

/** State of a run: `new`, to start; `stopped`, to resume; or its summary if it lacks nothing. */
export type RunState = 'new' | 'stopped' | RunSummary

/**
 * State of the run in the folder `path`.
 * @throws ConfigError if its settings differ from `wanted`; RunError if it cannot be read
 */
export function runState(path: string, wanted: FinetuneSettings): RunState {
  if (!existsSync(join(path, 'config.json'))) return 'new'
  const folder = openRunFolder(path, { write: false })
  const { settings } = readRunConfig(folder)
  const key = differingSetting(settings, wanted)
  if (key === undefined) return finishedSummary(folder) ?? 'stopped'
  if (canStartIn(path)) return 'new'
  throw new ConfigError(
    `run: ${path} was run with ${key} ${textOf(settings, key)}, now it is ${textOf(wanted, key)}. Choose another folder, or delete that run.`,
  )
}
