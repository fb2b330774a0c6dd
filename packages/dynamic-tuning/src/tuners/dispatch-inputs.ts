import { constant, input, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import { type LayerSizes, patchesIn } from '../models/layer-sizes.ts'
import type { SampledBackbone } from '../models/model.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { dispatchSites, type Site } from './parts.ts'
import type { Pass, TunerOptions } from './tuner.ts'

/** The gates of a model and how many decisions each makes on an image. */
export interface GateShape {
  readonly sites: readonly Site[]
  /** n of each gate, [D]: the patch tokens of its layer, or 1 at sample level. */
  readonly perGate: readonly number[]
  /** The most of them: n where all gates decide on as many tokens. */
  readonly decisions: number
}

/** The gates that `options` put into a model; none without dispatch. */
export function gateShape(options: TunerOptions, config: BackboneConfig): GateShape {
  const layers = layersOf(config)
  const sites = dispatchSites(options, layers.length)
  const one = options.dispatchLevel === 'sample'
  const perGate = sites.map(({ layer }) => (one ? 1 : patchesIn(layers[layer] as LayerSizes)))
  return { sites, perGate, decisions: Math.max(1, ...perGate) }
}

/**
 * The graph input `noise`: G1 - G2 for every gate, [D, I, n, 1] for I images or frames and the most decisions n of a gate;
 * others need fewer.
 */
export function noiseInput(options: TunerOptions, { config, sample }: SampledBackbone): Tensor {
  const { sites, decisions } = gateShape(options, config)
  return input('noise', [sites.length, imageRows(sample, 'B'), decisions, 1])
}

/** A pass of inference; `thresholds` [D] are stored in the graph. */
export interface InferenceSettings
  extends Pick<
    Extract<Pass, { kind: 'skip' | 'masked' }>,
    'kind' | 'blocks' | 'capacities' | 'classTokenOnly'
  > {
  readonly thresholds?: readonly number[] | undefined
}

/**
 * The pass of inference with its graph inputs: `threshold` [D], the least gate probability that makes a token active,
 * unless `thresholds` are given, and for random dispatch `noise`. Without dispatch every pass is the complete one.
 */
export function inferencePass(
  { kind, thresholds, ...rest }: InferenceSettings,
  options: TunerOptions,
  model: SampledBackbone,
): Exclude<Pass, { kind: 'train' }> {
  const { sites } = gateShape(options, model.config)
  if (sites.length === 0) return { kind: 'complete' }
  const shape = [sites.length]
  const threshold =
    thresholds === undefined
      ? input('threshold', shape)
      : constant({ dtype: 'float32', shape, data: Float32Array.from(thresholds) }, 'threshold')
  return options.dispatchStrategy === 'random'
    ? { kind, threshold, ...rest, noise: noiseInput(options, model) }
    : { kind, threshold, ...rest }
}
