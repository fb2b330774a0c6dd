import { z } from 'zod'
import { ConfigError, RunError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { located, type Prepared } from '../../run/prepare-run.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import { type NoahSearchInput, planSearch, type SearchPlan } from './search-settings.ts'

const command = 'noah-search'
const schema = z.looseObject({
  command: z.literal(command, `this is no run of ${command}`),
  settings: z.looseObject({ data: z.string() }),
  classes: z.array(z.string()),
  backbone: z.strictObject({ name: z.string(), sha256: z.string() }),
})

/** What `config.json` of a search holds that resuming needs. */
export interface SearchConfig {
  readonly plan: SearchPlan
  readonly classes: readonly string[]
  readonly backbone: Prepared['backbone']
}

/** Saves what decides a search; the settings are those a settings file for it may hold. */
export function writeSearchConfig(run: RunFolder, plan: SearchPlan, prepared: Prepared): void {
  const { classes, backbone, model, normalization } = prepared
  const settings = located(plan.asked)
  run.writeConfig({ command, version: libraryVersion(), settings, model, classes, normalization, backbone })
}

/** Settings of how, not of what: they may change when a search goes on. */
const free = ['threads', 'workers', 'device']

/**
 * The saved plan of a search that goes on.
 * @throws RunError where the folder holds no search; ConfigError where a setting is given that differs from the saved one
 */
export function resumedSearch(run: RunFolder, given: Partial<NoahSearchInput>): SearchConfig {
  const result = schema.safeParse(run.readConfig())
  if (!result.success)
    throw new RunError(
      `run: config.json of ${run.path} does not describe a search. Name the folder of a ${command} run.`,
    )
  const { settings, classes, backbone } = result.data
  const saved = planSearch(settings)
  const changes = definedOnly(given)
  const wanted = planSearch({
    ...settings,
    ...(changes.data ? located({ ...changes, data: changes.data }) : changes),
  })
  const [before, now] = [saved.asked, wanted.asked] as unknown as Record<string, unknown>[]
  for (const key of Object.keys({ ...before, ...now })) {
    const [was, is] = [before?.[key], now?.[key]].map((value) => JSON.stringify(value))
    if (was !== is && !free.includes(key))
      throw new ConfigError(
        `resume: the search was started with ${key} ${was}, got ${is}. Leave the setting out, or start a new run.`,
      )
  }
  return { plan: wanted, classes, backbone }
}
