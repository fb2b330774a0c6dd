import { createHash } from 'node:crypto'
import { ConfigError } from '../../errors.ts'
import { checkFinetune } from '../../run/settings/check-finetune.ts'
import { definedOnly } from '../../run/settings/defined-only.ts'
import type { FinetuneInput, SomeSettings } from '../../run/settings/finetune-settings.ts'

/** Settings with a name. */
export type NamedSettings = { readonly name: string } & SomeSettings

/** One case: a method with its settings, run once for every seed. */
export interface RunCase {
  readonly name: string
  /** Its folder below `cases` of the study's folder. */
  readonly folder: string
  readonly method: string
  /** Settings in which it differs from other cases, without the method. */
  readonly settings: SomeSettings
  /** Input of its runs, without the seed. */
  readonly input: FinetuneInput
}

/**
 * Makes a case from its settings, which override the common ones; `where` is the prefix of
 * messages.
 * @throws ConfigError naming the case and a setting that is unknown or out of range
 */
export function planCase(
  where: string,
  { name, ...own }: NamedSettings,
  common: SomeSettings & { readonly data?: string | undefined },
): RunCase {
  try {
    const input = checkFinetune(definedOnly({ ...common, ...definedOnly(own) }))
    const { method = 'dyt' } = input
    const { method: _method, ...settings } = own
    return { name, folder: folderOf(name), method, settings, input: { ...input, method } }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`${where}: case "${name}": ${error.message.replace(/^finetune: /, '')}`)
  }
}

/** The same case under another name, with a folder of its own. */
export function renamed(each: RunCase, name: string): RunCase {
  return { ...each, name, folder: folderOf(name) }
}

/** `dyt r=0.5` is `dyt-r0.5`. A long name is cut and ends in a hash of the whole name. */
function folderOf(name: string): string {
  const safe = name
    .replaceAll('=', '')
    .replace(/[^\p{L}\p{N}._+-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
  if (safe.length <= longestFolder) return safe || 'case'
  const print = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${safe.slice(0, longestFolder - 9)}-${print}`
}

const longestFolder = 100

/** @throws ConfigError if two cases have the same name or folder */
export function checkNames(where: string, cases: readonly RunCase[]): void {
  const seen = new Map<string, RunCase>()
  for (const each of cases) {
    // Some file systems ignore case.
    const key = each.folder.toLowerCase()
    const other = seen.get(key)
    if (other)
      throw new ConfigError(
        other.name === each.name
          ? `${where}: two cases are called "${each.name}". Give each a name of its own.`
          : `${where}: the cases "${other.name}" and "${each.name}" would share the folder ${each.folder}. Rename one.`,
      )
    seen.set(key, each)
  }
}
