import type { z } from 'zod'
import { ConfigError } from '../../errors.ts'
import { definedOnly } from './defined-only.ts'
import { nearestWord } from './nearest-word.ts'

/**
 * Parses `given` with `schema`, ignoring undefined fields; `where` is the prefix of messages.
 * @throws ConfigError naming every setting that is unknown (with a suggestion) or out of range
 */
export function checkSettings<T>(
  where: string,
  given: unknown,
  schema: z.ZodType<T>,
  known: readonly string[],
): T {
  const fields = typeof given === 'object' && given !== null ? definedOnly(given) : given
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, known) : describe(issue, given),
  )
  throw new ConfigError(`${where}: ${problems.join(' ')}`)
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  const meant = keys.map((key) => ({ key, word: nearestWord(key, known) }))
  const problems = meant.map(({ key, word }) =>
    word === undefined ? `Unknown setting ${key}.` : `Unknown setting ${key}. Did you mean ${word}?`,
  )
  if (meant.some(({ word }) => word === undefined)) problems.push(`Known are ${known.join(', ')}.`)
  return problems.join(' ')
}

function describe(issue: z.core.$ZodIssue, given: unknown): string {
  const name = issue.path.join('.')
  const value = issue.path.reduce(fieldOf, given)
  const problem = issue.message.replace(/^Invalid \w+: /, '')
  if (name === '') return `${problem}.`
  if (value === undefined) return `${name} is missing. Give it.`
  return `${name} is ${JSON.stringify(value)}: ${problem}.`
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
