import { ConfigError } from '../errors.ts'
import type { Environment } from './user-cache.ts'

const usual = 256 * 2 ** 20
/** Weights and pixels hardly shrink, so files of this growth are sound at any size. */
const plausibleGrowth = 4
const units: Readonly<Record<string, number>> = { '': 1, MB: 2 ** 20, GB: 2 ** 30 }

/**
 * Most bytes that compressed content of `stored` bytes may take in memory: 256 MB, or four times its size if
 * that is more. A file of a few MB can claim gigabytes. `DYT_MAX_UNPACKED` raises the limit: `4GB`, `500MB`.
 * @throws ConfigError if the variable is no size
 */
export function mostUnpacked(stored: number, environment: Environment = process.env): number {
  const text = environment.DYT_MAX_UNPACKED
  return Math.max(usual, plausibleGrowth * stored, text === undefined ? 0 : bytesIn(text))
}

/** What to do about a file over the limit, which needs `bytes` bytes. */
export function unpackedAdvice(bytes: number): string {
  return `If you trust the file, allow it with DYT_MAX_UNPACKED=${Math.ceil(bytes / 2 ** 20)}MB.`
}

function bytesIn(text: string): number {
  const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(MB|GB)?$/.exec(text.trim()) ?? []
  if (number !== undefined) return Number(number) * (units[unit] ?? 1)
  throw new ConfigError(`memory: DYT_MAX_UNPACKED is "${text}". Give a size such as 500MB or 4GB.`)
}
