import type { BackboneConfig } from './backbone-config.ts'
import { isVit } from './backbone-config.ts'
import type { Head, Named } from './head.ts'
import { classifierOf } from './heads/classifier.ts'
import type { ClassifierOutputs } from './heads/classify.ts'
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

/** The parts of a classifier with flat settings. @throws ConfigError for an invalid number of frames */
export function modelOf(model: ModelConfig): Model<ClassifierOutputs> {
  return { config: backboneOf(model), sample: layoutOf(model), head: classifierOf(model) }
}

/** The settings of the backbone. */
function backboneOf(model: ModelConfig): BackboneConfig {
  if (isVit(model)) {
    const { numClasses: _classes, globalPool: _pool, frames: _frames, ...config } = model
    return config
  }
  const { numClasses: _classes, frames: _frames, ...config } = model
  return config
}
