import { constant, input, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import { type LayerSizes, patchesIn } from '../models/layer-sizes.ts'
import type { SampledBackbone } from '../models/model.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { dispatchSites, type Site } from './parts.ts'
import type { Pass, TunerOptions } from './tuner.ts'

/** The gates of a model, and the number of decisions each makes per image. */
export interface GateShape {
  readonly sites: readonly Site[]
  /** n of each gate, [D]: the number of patch tokens in its layer, or 1 at sample level. */
  readonly perGate: readonly number[]
  /** The largest n of all gates. */
  readonly decisions: number
}

/** The gates that `options` add to the model; none without dispatch. */
export function gateShape(options: TunerOptions, config: BackboneConfig): GateShape {
  const layers = layersOf(config)
  const sites = dispatchSites(options, layers.length)
  const one = options.dispatchLevel === 'sample'
  const perGate = sites.map(({ layer }) => (one ? 1 : patchesIn(layers[layer] as LayerSizes)))
  return { sites, perGate, decisions: Math.max(1, ...perGate) }
}

/**
 * The graph input `noise`: G1 - G2 for every gate, [D, I, n, 1] for I images or frames, where n is the
 * largest number of decisions of a gate.
 */
export function noiseInput(options: TunerOptions, { config, sample }: SampledBackbone): Tensor {
  const { sites, decisions } = gateShape(options, config)
  return input('noise', [sites.length, imageRows(sample, 'B'), decisions, 1])
}

/** An inference pass; `thresholds` [D] are stored in the graph. */
export interface InferenceSettings
  extends Pick<
    Extract<Pass, { kind: 'skip' | 'masked' }>,
    'kind' | 'blocks' | 'capacities' | 'classTokenOnly'
  > {
  readonly thresholds?: readonly number[] | undefined
}

/**
 * The inference pass with its graph inputs: `threshold` [D], the smallest gate probability of an
 * active token, unless `thresholds` are given, and `noise` for random dispatch. Without
 * dispatch, it is the complete pass.
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
