import { readFileSync } from 'node:fs'
import type { FailureType } from './write-aside.ts'

/** The value in a JSON file. @throws `failure` naming the file if it cannot be read or is damaged */
export function readJson(path: string, failure: FailureType): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new failure(`read: cannot read ${path}, got ${error instanceof Error ? error.message : error}.`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new failure(
      `read: ${path} is not JSON, got ${error instanceof Error ? error.message : error}. Restore it from a copy.`,
    )
  }
}
