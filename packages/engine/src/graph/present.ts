import { GraphError } from './errors.ts'

/**
 * Returns `value`, which must be defined; `what` names it in the message.
 * @throws GraphError if it is undefined: a bug of the caller, not a mistake of the user
 */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GraphError(`internal: ${what} is missing, got undefined. Report this.`)
  return value
}
