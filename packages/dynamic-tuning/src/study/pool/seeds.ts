import { z } from 'zod'
import { ConfigError } from '../../errors.ts'

const seedList = z.array(z.int().min(0)).min(1)
const seedCount = z.int().min(1)

/**
 * The seeds of every case: `seeds` of them counted from `first`, or those listed.
 * @throws ConfigError for anything else, and for a seed listed twice
 */
export function seedsOf(where: string, seeds: unknown, first: unknown): readonly number[] {
  const [count, list] = [seedCount.safeParse(seeds), seedList.safeParse(seeds)]
  if (list.success && new Set(list.data).size === list.data.length) return list.data
  if (count.success) return Array.from({ length: count.data }, (_, i) => Number(first) + i)
  throw new ConfigError(
    `${where}: seeds is ${JSON.stringify(seeds)}. Give how many, such as 3, or a list of different whole numbers.`,
  )
}
