import { GraphError } from './errors.ts'

/**
 * `value`, which must be there.
 * @throws GraphError where it is undefined: a fault in the engine, not in its use
 */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GraphError(`engine: ${what} is missing, got undefined. Report this.`)
  return value
}
