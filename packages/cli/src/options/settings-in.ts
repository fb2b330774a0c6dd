import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from 'dynamic-tuning'
import { readText } from 'dynamic-tuning/io'
import { unfitIn } from './plain-value.ts'

/** Loads the parser with the first file: its many modules would slow the start of commands. */
function parseYaml(text: string): unknown {
  const { parse }: typeof import('yaml') = createRequire(import.meta.url)('yaml')
  return parse(text, { logLevel: 'error' })
}

/** Limit for a settings file, in bytes. */
const mostBytes = 2 ** 20

/**
 * The settings in a YAML or JSON file. `extends: FILE` names another file, relative to this one, whose
 * settings hold where this one has none; entries of a list, such as `cases`, may extend one too.
 * @throws ConfigError for a file that cannot be read, holds no settings or extends itself
 */
export function settingsIn(path: string, from: readonly string[] = []): Record<string, unknown> {
  if (from.includes(resolve(path)))
    throw new ConfigError(`config: ${path} extends itself. Leave one extends out.`)
  return extended(readFile(path), path, [...from, resolve(path)])
}

function extended(
  own: Record<string, unknown>,
  path: string,
  from: readonly string[],
): Record<string, unknown> {
  const { extends: base, ...values } = own
  const entries = Object.entries(values).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.map((each) => (isRecord(each) ? extended(each, path, from) : each)) : value,
  ])
  const all = Object.fromEntries(entries)
  if (base === undefined) return all
  if (typeof base !== 'string')
    throw new ConfigError(`config: extends in ${path} is ${JSON.stringify(base)}. Give the path of a file.`)
  return { ...settingsIn(join(dirname(path), base), from), ...all }
}

function readFile(path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parseYaml(readText(path, 'config', ConfigError, mostBytes))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`config: cannot read ${path}, got ${firstLine(error)}. Give a YAML or JSON file.`)
  }
  const unfit = unfitIn(value)
  if (unfit !== undefined)
    throw new ConfigError(`config: ${path} holds ${unfit}. Write text, numbers, true, false and lists.`)
  if (!isRecord(value))
    throw new ConfigError(`config: ${path} holds no settings. Write one "name: value" a line.`)
  // The config.json of a run has its settings in a field.
  return 'formatVersion' in value && isRecord(value.settings) ? value.settings : value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
}
