import { TuningError } from './errors.ts'

/**
 * `value`, which must not be undefined.
 * @throws TuningError if it is undefined: a fault in this library, not in its use
 */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TuningError(`internal: ${what} is missing, got undefined. Report this.`)
  return value
}
