import { GraphError } from '@dynamic-tuning/engine'

/**
 * Returns the entry of a map, which must exist; `what` names it in the error message.
 * @throws GraphError if it is missing
 */
export function entryOf<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = map.get(name)
  if (found !== undefined) return found
  throw new GraphError(`training: ${name} has no ${what}. Give one for each trained weight.`)
}
