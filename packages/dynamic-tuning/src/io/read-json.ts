import { messageOf } from '../message-of.ts'
import { parseJson } from './parse-json.ts'
import { readText } from './regular-file.ts'
import type { FailureType } from './write-aside.ts'

/**
 * The value in a JSON file.
 * @throws `failure` naming the file if it cannot be read, is damaged or nested too deeply (`parseJson`)
 */
export function readJson(path: string, failure: FailureType): unknown {
  const text = readText(path, 'read', failure)
  try {
    return parseJson(text)
  } catch (error) {
    throw new failure(`read: ${path} is not JSON, got ${messageOf(error)}. Restore it from a copy.`)
  }
}
