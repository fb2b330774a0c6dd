import { constant, input, type Tensor } from '@dynamic-tuning/engine'
import { imageRows } from '../models/heads/registry.ts'
import { patchCount, type VitConfig } from '../models/vit-config.ts'
import { dispatchSites, type Site } from './parts.ts'
import type { BlockForm, Pass, TunerOptions } from './tuner.ts'

/** The gates of a model and how many decisions each makes on an image. */
export interface GateShape {
  readonly sites: readonly Site[]
  /** n: N patch tokens, or 1 at sample level. */
  readonly decisions: number
}

/** What is settled about the gates before a graph is built, [D] each. */
export interface GateSettings {
  readonly fixed?: readonly number[] | undefined
  readonly blocks?: readonly BlockForm[] | undefined
}

/** The gates that `options` put into a model; none without dispatch. */
export function gateShape(options: TunerOptions, config: VitConfig): GateShape {
  const decisions = options.dispatchLevel === 'sample' ? 1 : patchCount(config)
  return { sites: dispatchSites(options, config.depth), decisions }
}

/** The graph input `noise`: G1 - G2 for every gate, [D, I, n, 1] for I images or frames. */
export function noiseInput(options: TunerOptions, config: VitConfig): Tensor {
  const { sites, decisions } = gateShape(options, config)
  return input('noise', [sites.length, imageRows(config, 'B'), decisions, 1])
}

/**
 * The pass of inference with its graph inputs: `threshold` [D], the least gate probability that makes a token active, and
 * for random dispatch `noise`. `fixed` thresholds are stored in the graph instead; `blocks` says what is left of the
 * block behind each gate. Without dispatch every pass is the complete one.
 */
export function inferencePass(
  kind: Exclude<Pass['kind'], 'train'>,
  options: TunerOptions,
  config: VitConfig,
  { fixed, blocks }: GateSettings = {},
): Exclude<Pass, { kind: 'train' }> {
  const { sites } = gateShape(options, config)
  if (kind === 'complete' || sites.length === 0) return { kind: 'complete' }
  const threshold =
    fixed === undefined
      ? input('threshold', [sites.length])
      : constant({ dtype: 'float32', shape: [sites.length], data: Float32Array.from(fixed) }, 'threshold')
  return options.dispatchStrategy === 'random'
    ? { kind, threshold, blocks, noise: noiseInput(options, config) }
    : { kind, threshold, blocks }
}
