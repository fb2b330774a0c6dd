import { dims, type Feeds, type Program, sizeOf, type TensorData } from '@dynamic-tuning/engine'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { Network } from '../network/network.ts'
import { type Means, meanFeed } from './batch-means.ts'
import { dropOf } from './drops.ts'
import type { Targets } from './loss.ts'
import { dropFactors, gumbelNoise } from './noise.ts'

/** Images and truths of one step. */
export interface StepBatch {
  /** Normalised images [B, 3, H, W] or clips [B, 3, T, H, W], or the features of a frozen prefix, [B, F]. */
  readonly images: Float32Array
  /** The truths, in the form that the task's loss uses. */
  readonly targets: Targets
  readonly size: number
}

/** Additional inputs for images `first` .. `first + size - 1` of a batch. */
export type ExtraFeeds = (key: { step: number; first: number; size: number }) => Feeds

/** What the inputs of a step depend on. */
export interface StepFeedSettings {
  readonly network: Network
  readonly seed: number
  readonly extraFeeds?: ExtraFeeds
  /** Temperature tau at a step, if `finalTemperature` makes it change. */
  readonly temperatureAt?: (step: number) => number
}

/**
 * All inputs of a training graph except its weights, for images `first` .. `first + size - 1` of a batch;
 * `ofOthers` as in `meanFeed`.
 */
export function stepFeeds(
  { network, seed, temperatureAt, extraFeeds }: StepFeedSettings,
  inputs: Program['inputs'],
  batch: StepBatch,
  key: Parameters<ExtraFeeds>[0],
  ofOthers: Means = {},
): Feeds {
  const { sample, options } = network
  const { first, size, step } = key
  const pixels = batch.images.length / batch.size
  const rows = { first: imageRows(sample, first), size: imageRows(sample, size) }
  const feeds: Record<string, TensorData | Float32Array> = {
    images: batch.images.subarray(first * pixels, (first + size) * pixels),
  }
  for (const [name, target] of Object.entries(batch.targets)) feeds[name] = rowsOf(target, first, size)
  for (const { name, shape } of inputs) {
    if (name === 'noise') {
      const [gates, , decisions] = dims({ shape }, 'D B N 1', name)
      feeds.noise = gumbelNoise({ seed, step, first: rows.first }, [gates, rows.size, decisions])
    }
    const ofMean = meanFeed(name, size / batch.size, ofOthers)
    if (ofMean) feeds[name] = ofMean
    if (name === 'temperature') feeds[name] = Float32Array.of(temperatureAt?.(step) ?? options.temperature)
    const drop = dropOf(network, name)
    if (drop === undefined) continue
    const [slots, , ...rest] = shape.map(Number) as [number, number, ...number[]]
    const key = { seed, step, first: rows.first, kind: drop.kind, pass: name }
    feeds[name] = dropFactors(key, drop.chances(slots), [rows.size, ...rest])
  }
  return { ...feeds, ...extraFeeds?.(key) }
}

/** Rows `first` .. `first + size - 1` of a tensor [B, ...]. */
function rowsOf({ dtype, shape, data }: TensorData, first: number, size: number): TensorData {
  const [, ...rest] = shape
  const width = sizeOf(rest)
  return { dtype, shape: [size, ...rest], data: data.subarray(first * width, (first + size) * width) }
}
