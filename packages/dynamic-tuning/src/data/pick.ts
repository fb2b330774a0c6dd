import type { Random } from '@dynamic-tuning/engine'
import { present } from '../present.ts'

/** One of some items, drawn with equal chances. */
export function pick<T>(items: readonly T[], draw: Random): T {
  return present(items[draw.integer(items.length)], 'an item to pick')
}
