import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The project's part of the reference tensors; see its README. Ends in a slash. */
export const reference = at('../../fixtures/reference/')

/** All of the reference tensors, where they lie beside the project; they may be missing. Ends in a slash. */
export const allReferences = at('../../../../../shared/reference/')

/** These cases where all reference tensors lie beside the project, else none: tests on them are extra. */
export function extra<T>(...cases: readonly T[]): readonly T[] {
  return existsSync(allReferences) ? cases : []
}
