import type { Loader } from '../data/loader/loader.ts'
import { ConfigError } from '../errors.ts'
import type { Classifier } from './classifier.ts'
import { classifyBatch } from './classify-batch.ts'
import { joinFloats } from './join-floats.ts'
import { quantile } from './statistics.ts'

/**
 * Distribution of gate probabilities over some images, as quantile tables: ascending probabilities at evenly
 * spaced ranks from 0 to 1. They tell which share of decisions a threshold closes.
 */
export interface GateProbabilities {
  /** Table of all gates together. */
  readonly pooled: readonly number[]
  /** Table of each gate, [D]. */
  readonly gates: readonly (readonly number[])[]
}

/** Entries of a table: ranks are accurate to about 1 %. */
const tableSize = 97

/**
 * Collects the gate probabilities of a classifier on all images of a loader.
 * @throws ConfigError if the classifier has no gates, or was created without `probabilities`
 */
export async function gateProbabilities(
  classifier: Classifier,
  loader: Pick<Loader, 'epoch' | 'sample'>,
): Promise<GateProbabilities> {
  const { sites, perGate: counts } = classifier.gates
  const perGate: Float32Array[][] = sites.map(() => [])
  let first = 0
  for await (const batch of loader.epoch(0)) {
    const { probabilities } = await classifyBatch(classifier, loader.sample, batch, { first })
    if (probabilities === undefined)
      throw new ConfigError('gates: this model gives no probabilities. Choose a method that dispatches.')
    // A clip has one row per frame.
    for (let [at, row] = [0, 0]; at < probabilities.length; row++) {
      const count = counts[row % sites.length] as number
      perGate[row % sites.length]?.push(probabilities.slice(at, at + count))
      at += count
    }
    first += batch.rows
  }
  const joined = perGate.map((pieces) => joinFloats(pieces).sort())
  return { pooled: tableOf(joinFloats(joined).sort()), gates: joined.map(tableOf) }
}

function tableOf(sorted: Float32Array): number[] {
  const values = Array.from(sorted)
  return Array.from({ length: tableSize }, (_, i) => quantile(values, i / (tableSize - 1)))
}

/** The share of decisions, 0 to 1, that a threshold closes according to a table. */
export function rankOf(table: readonly number[], threshold: number): number {
  const last = table.length - 1
  if (threshold < (table[0] as number)) return 0
  const above = table.findIndex((value) => value > threshold)
  if (above < 0) return 1
  const [low, high] = [table[above - 1] as number, table[above] as number]
  return (above - 1 + (threshold - low) / (high - low)) / last
}

/** The threshold that closes a share `rank` of decisions according to a table: none at 0, all at 1. */
export function thresholdAt(table: readonly number[], rank: number): number {
  if (rank <= 0) return 0
  return rank >= 1 ? 1 : quantile(table, rank)
}
