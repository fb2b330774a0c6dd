import { ConfigError } from '../../errors.ts'
import { nearestWord } from '../../run/settings/nearest-word.ts'
import type { CaseRow } from '../pool/summarize-cases.ts'

/** What a sweep may be ordered by, and which way is better. */
const ways = {
  accuracy: 'most',
  loss: 'least',
  flops: 'least',
  activeRate: 'least',
  trainableParams: 'least',
  seconds: 'least',
  peakMemoryMB: 'least',
} as const satisfies { readonly [K in keyof CaseRow]?: 'most' | 'least' }

/** A figure of a case that a sweep is ordered by. */
export type SweepMetric = keyof typeof ways

/** All of them. */
export const sweepMetrics = Object.keys(ways) as readonly SweepMetric[]

/** @throws ConfigError for a name that is none, with the one probably meant */
export function checkMetric(name: string): SweepMetric {
  const known = sweepMetrics.find((each) => each === name)
  if (known) return known
  const meant = nearestWord(name, sweepMetrics)
  throw new ConfigError(
    `sweep: metric is ${name}. ${meant ? `Did you mean ${meant}?` : `Choose one of ${sweepMetrics.join(', ')}.`}`,
  )
}

/** The cases, the best first; equal ones stay in their order. */
export function ranked(rows: readonly CaseRow[], metric: SweepMetric): CaseRow[] {
  const sign = ways[metric] === 'most' ? -1 : 1
  return rows.toSorted((a, b) => sign * (a[metric] - b[metric]))
}
