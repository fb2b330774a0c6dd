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

/** What a model gives, stage by stage. I images are B samples. */
export interface ModelOutputs<O extends Named = Named> extends BackboneStages {
  /** [I, P + N, C]: what leaves the backbone, after the final norm unless the head reads it without. */
  readonly features: Tensor
  /** What the head gives, [B, ...] each. */
  readonly outputs: O
}

/** How a model is built. */
export interface BuildOptions {
  readonly hooks?: ModelHooks
  /** True in a pass of training. Default false. */
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

/** Names and shapes of all weights of a model, with those a method's hooks ask for. */
export function modelShapes(model: Model, hooks?: ModelHooks): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  buildModel(sampleInput(model.sample), store, model, hooks && { hooks })
  return store.shapes
}

/** Names and shapes of all weights of a backbone, its final norm among them. */
export function backboneShapes(config: BackboneConfig): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  const images = sampleInput(layoutOf({ imageSize: config.imageSize }))
  const { norm, last } = buildBackbone(images, { root: store, config, reads: [] })
  norm(last)
  return store.shapes
}
