import { z } from 'zod'
import { ConfigError, RunError } from '../../errors.ts'
import type { RunFolder } from '../../io/run-folder.ts'
import { libraryVersion } from '../../run/library-version.ts'
import { located, type Prepared } from '../../run/prepare-run.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import { settingsBeforeDropLast } from '../../run/settings/schedule-settings.ts'
import { type NoahSearchInput, planSearch, type SearchPlan } from './search-settings.ts'

const command = 'noah-search'
const schema = z.looseObject({
  command: z.literal(command, `this is no run of ${command}`),
  settings: z.looseObject({ data: z.string() }),
  classes: z.array(z.string()),
  backbone: z.strictObject({ name: z.string(), sha256: z.string() }),
})

/** The part of a search's `config.json` that resuming needs. */
export interface SearchConfig {
  readonly plan: SearchPlan
  readonly classes: readonly string[]
  readonly backbone: Prepared['backbone']
}

/** Writes `config.json` of a search; its settings may be used as a settings file. */
export function writeSearchConfig(run: RunFolder, plan: SearchPlan, prepared: Prepared): void {
  const { classes, backbone, model, normalization } = prepared
  const settings = located(plan.asked)
  run.writeConfig({ command, version: libraryVersion(), settings, model, classes, normalization, backbone })
}

/** Settings that may change on resuming. */
const free = ['threads', 'workers', 'device']

/**
 * The plan of a resumed search.
 * @throws RunError if the folder holds no search; ConfigError if a setting is given that differs
 * from the saved one
 */
export function resumedSearch(run: RunFolder, given: Partial<NoahSearchInput>): SearchConfig {
  const result = schema.safeParse(run.readConfig())
  if (!result.success)
    throw new RunError(
      `run: config.json of ${run.path} does not describe a search. Name the folder of a ${command} run.`,
    )
  const { classes, backbone } = result.data
  const settings = { ...settingsBeforeDropLast, ...result.data.settings }
  const saved = planSearch(settings)
  const changes = definedOnly(given)
  const wanted = planSearch({
    ...settings,
    ...(changes.data ? located({ ...changes, data: changes.data }) : changes),
  })
  const [before, now] = [saved.asked, wanted.asked].map((asked) => new Map(Object.entries(asked)))
  for (const key of Object.keys({ ...saved.asked, ...wanted.asked })) {
    const [was, is] = [before?.get(key), now?.get(key)].map((value) => JSON.stringify(value))
    if (was !== is && !free.includes(key))
      throw new ConfigError(
        `resume: the search was started with ${key} ${was}, got ${is}. Leave the setting out, or start a new run.`,
      )
  }
  return { plan: wanted, classes, backbone }
}
