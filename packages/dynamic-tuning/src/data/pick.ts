import type { Random } from '@dynamic-tuning/engine'
import { present } from '../present.ts'

/** Picks one of the items with equal probability. */
export function pick<T>(items: readonly T[], draw: Random): T {
  return present(items[draw.integer(items.length)], 'an item to pick')
}
