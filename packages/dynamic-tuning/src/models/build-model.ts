import type { Tensor } from '@dynamic-tuning/engine'
import { WeightStore, type Weights } from '../nn/weight-store.ts'
import type { BackboneConfig } from './backbone-config.ts'
import { buildBackbone, layersOf } from './families.ts'
import type { Named } from './head.ts'
import type { ModelHooks, ModelPlace } from './hooks.ts'
import type { Model } from './model.ts'
import { readTaps } from './read-taps.ts'
import { layoutOf } from './samples/layout-of.ts'
import { sampleInput } from './samples/sample-layout.ts'
import { sitesAt } from './sites.ts'
import type { BackboneStages } from './stages.ts'

/** Outputs of a model, stage by stage. I images are B samples. */
export interface ModelOutputs<O extends Named = Named> extends BackboneStages {
  /** Output of the backbone, [I, P + N, C], after the final norm unless the head reads it without. */
  readonly features: Tensor
  /** Outputs of the head, [B, ...] each. */
  readonly outputs: O
}

/** How a model is built. */
export interface BuildOptions {
  readonly hooks?: ModelHooks
  /** True in a training pass. Default false. */
  readonly training?: boolean
}

/** Builds a model of any family with its head. samples: [B, ...] as its layout says, normalised. */
export function buildModel<O extends Named>(
  samples: Tensor,
  weights: Weights,
  { config, sample, head }: Model<O>,
  { hooks = {}, training = false }: BuildOptions = {},
): ModelOutputs<O> {
  const place: ModelPlace = { root: weights, config, reads: head.reads }
  const stages = buildBackbone(sample.toImages(samples), place, hooks)
  const taps = readTaps(head.reads, stages, layersOf(config))
  const outputs = head.build(taps, { weights, sites: sitesAt(hooks, place), training })
  const normed = head.reads.some((tap) => tap.normed && tap.layer === undefined)
  return { ...stages, features: normed ? stages.norm(stages.last) : stages.last, outputs }
}

/** Names and shapes of all weights of a model, including those that a method's hooks use. */
export function modelShapes(model: Model, hooks?: ModelHooks): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  buildModel(sampleInput(model.sample), store, model, hooks && { hooks })
  return store.shapes
}

/** Names and shapes of all weights of a backbone, including its final norm. */
export function backboneShapes(config: BackboneConfig): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  const images = sampleInput(layoutOf({ imageSize: config.imageSize }))
  const { norm, last } = buildBackbone(images, { root: store, config, reads: [] })
  norm(last)
  return store.shapes
}
