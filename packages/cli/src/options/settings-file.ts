import { type Command, InvalidArgumentError, type Option } from 'commander'
import { ConfigError } from 'dynamic-tuning'
import { nearestWord } from 'dynamic-tuning/settings'
import { settingsIn } from './settings-in.ts'

/** Options that are only allowed on the command line: for output and for the settings file. */
const commandLineOnly = ['config', 'json', 'quiet', 'help', 'resume']

/**
 * The options of a call: flags override the settings file of --config, which overrides defaults.
 * @throws ConfigError for unreadable files, unknown keys and invalid values
 */
export function resolveOptions(command: Command, fileKeys: readonly string[]): Record<string, unknown> {
  const flags: Record<string, unknown> = {}
  const defaults: Record<string, unknown> = {}
  for (const option of command.options) {
    const name = option.attributeName()
    const source = command.getOptionValueSource(name)
    if (source === 'cli') flags[name] = command.getOptionValue(name)
    // commander's default for --no-x is true, which must not override the file.
    else if (source === 'default' && !option.negate) defaults[name] = command.getOptionValue(name)
  }
  const file = typeof flags.config === 'string' ? readSettings(flags.config, command.options, fileKeys) : {}
  return { ...defaults, ...file, ...flags }
}

/**
 * The settings in a file: those of `commandOptions`, and the `fileKeys`.
 * @throws ConfigError for an unreadable file, unknown keys and invalid values
 */
export function readSettings(
  path: string,
  commandOptions: readonly Option[],
  fileKeys: readonly string[],
): Record<string, unknown> {
  const values = settingsIn(path)
  const options = new Map(
    commandOptions
      .filter((option) => !commandLineOnly.includes(option.attributeName()))
      .map((option) => [option.attributeName(), option]),
  )
  const known = [...new Set([...options.keys(), ...fileKeys])]
  for (const key of Object.keys(values)) if (!known.includes(key)) throw unknownKey(path, key, known)
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, checked(path, key, value, options.get(key))]),
  )
}

function unknownKey(path: string, key: string, known: readonly string[]): ConfigError {
  const meant = nearestWord(key, known)
  const advice = meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`
  return new ConfigError(`config: unknown setting ${key} in ${path}. ${advice}`)
}

/**
 * A value of a settings file. Numbers and words are parsed and checked like the flag's text: `imageSize: 96`,
 * `2GB`.
 * @throws ConfigError naming file and key
 */
export function checked(path: string, key: string, value: unknown, option: Option | undefined): unknown {
  if (option === undefined || option.isBoolean() || (typeof value !== 'number' && typeof value !== 'string'))
    return value
  try {
    return option.parseArg ? option.parseArg<unknown>(String(value), undefined) : value
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new ConfigError(`config: ${key} in ${path} is ${JSON.stringify(value)}. ${error.message}`)
  }
}
