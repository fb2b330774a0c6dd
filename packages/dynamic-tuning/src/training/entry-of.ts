import { GraphError } from '@dynamic-tuning/engine'

/**
 * The entry of a map that must have one; `what` says what a message calls it.
 * @throws GraphError if it has none
 */
export function entryOf<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = map.get(name)
  if (found !== undefined) return found
  throw new GraphError(`training: ${name} has no ${what}. Give one for each trained weight.`)
}
