import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../errors.ts'
import { openRunFolder } from '../../io/run-folder.ts'
import { readRunConfig } from '../../run/run-config.ts'
import type { FinetuneSettings } from '../../run/settings/finetune-settings.ts'
import { differingSetting, textOf } from '../../run/settings/resumed-settings.ts'
import { type RunSummary, storedSummary } from '../../run/summary.ts'

/**
 * State of a run: `new`, no folder; `begun`, no checkpoint, so it starts again; `stopped`, has a
 * checkpoint to resume; or its summary if finished.
 */
export type RunState = 'new' | 'begun' | 'stopped' | RunSummary

/**
 * State of the run in the folder `path`.
 * @throws ConfigError if its settings differ from `wanted`; RunError if it cannot be read
 */
export function runState(path: string, wanted: FinetuneSettings): RunState {
  if (!existsSync(path)) return 'new'
  if (!existsSync(join(path, 'config.json'))) return readdirSync(path).length === 0 ? 'new' : 'begun'
  const folder = openRunFolder(path, { write: false })
  const { settings } = readRunConfig(folder)
  const key = differingSetting(settings, wanted)
  if (key !== undefined)
    throw new ConfigError(
      `run: ${path} was run with ${key} ${textOf(settings, key)}, now it is ${textOf(wanted, key)}. Choose another folder, or delete that run.`,
    )
  if (existsSync(folder.adapterPath)) return storedSummary(folder) ?? 'stopped'
  return existsSync(folder.checkpointPath) ? 'stopped' : 'begun'
}
