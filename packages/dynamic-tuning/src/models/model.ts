import type { BackboneConfig } from './backbone-config.ts'
import { isVit } from './backbone-config.ts'
import type { Head, LogitOutputs, Named } from './head.ts'
import { headOf } from './heads/head-of.ts'
import type { ModelConfig } from './model-config.ts'
import { layoutOf } from './samples/layout-of.ts'
import type { SampleLayout } from './samples/sample-layout.ts'

/** The architecture of a model, without weights: a backbone, the samples that it takes, and a head. */
export interface Model<O extends Named = Named> {
  readonly config: BackboneConfig
  readonly sample: SampleLayout
  readonly head: Head<O>
}

/** A backbone and its samples. */
export type SampledBackbone = Pick<Model, 'config' | 'sample'>

/**
 * The parts of a model with flat settings: a classifier, or a model that labels pixels.
 * @throws ConfigError for an invalid number of frames, and for a head that does not fit the backbone
 */
export function modelOf(model: ModelConfig): Model<LogitOutputs> {
  return { config: backboneOf(model), sample: layoutOf(model), head: headOf(model) }
}

/** The settings of the backbone. */
function backboneOf(model: ModelConfig): BackboneConfig {
  if (isVit(model)) {
    const { numClasses: _classes, globalPool: _pool, frames: _frames, segmentation: _head, ...config } = model
    return config
  }
  const { numClasses: _classes, frames: _frames, segmentation: _head, ...config } = model
  return config
}
