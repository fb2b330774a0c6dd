import type { BackboneConfig } from './backbone-config.ts'
import { isVit } from './backbone-config.ts'
import type { Head, Named } from './head.ts'
import { classifierOf } from './heads/classifier.ts'
import type { ClassifierOutputs } from './heads/classify.ts'
import type { ModelConfig } from './model-config.ts'
import { layoutOf } from './samples/layout-of.ts'
import type { SampleLayout } from './samples/sample-layout.ts'

/** What a model computes, its weights left out: a backbone, the samples that it takes, and a head. */
export interface Model<O extends Named = Named> {
  readonly config: BackboneConfig
  readonly sample: SampleLayout
  readonly head: Head<O>
}

/** A backbone and its samples. */
export type SampledBackbone = Pick<Model, 'config' | 'sample'>

/** The parts of a classifier that is described flat. @throws ConfigError for a number of frames that is none */
export function modelOf(model: ModelConfig): Model<ClassifierOutputs> {
  return { config: backboneOf(model), sample: layoutOf(model), head: classifierOf(model) }
}

/** The backbone alone. */
function backboneOf(model: ModelConfig): BackboneConfig {
  if (isVit(model)) {
    const { numClasses: _classes, globalPool: _pool, frames: _frames, ...config } = model
    return config
  }
  const { numClasses: _classes, frames: _frames, ...config } = model
  return config
}
