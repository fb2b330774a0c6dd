import { add, dims, mul, reduceMean, reshape, sub, type Tensor } from '@dynamic-tuning/engine'
import { type Head, onlyTap } from '../models/head.ts'
import { type ClassifierOutputs, classify } from '../models/heads/classify.ts'
import { network } from '../network/network.ts'
import type { NetworkParts } from '../network/parts.ts'
import { zeros } from '../nn/initializers.ts'
import { WeightStore } from '../nn/weight-store.ts'
import { classificationLoss } from '../tasks/classification/loss.ts'
import { adaptformer } from '../tuners/adaptformer.ts'
import { drawnWeights, smallDyt } from './small-dyt.test.support.ts'
import type { TrainingStepSettings } from './training-step.ts'

/** Share of a pass in the running mean. */
export const momentum = 0.1

/**
 * Classifies the class token, less its mean over the batch in training and its running mean elsewhere. It has
 * two buffers, that mean [F] and the number of training passes [], whose names its patterns match.
 */
const runningMeanHead: Head<ClassifierOutputs> = {
  classes: 5,
  reads: [{ normed: true, tokens: 'class' }],
  own: [/^head\./],
  build(taps, place) {
    const [batch, , width] = dims(onlyTap(taps).tokens, 'B 1 C', 'head')
    const pooled = reshape(onlyTap(taps).tokens, [batch, width])
    const logits = classify(sub(pooled, meanOf(pooled, width, place)), 5, place).logits
    return { pooled, logits }
  },
}

function meanOf(pooled: Tensor, width: number, { weights, training }: Parameters<Head['build']>[1]): Tensor {
  const mean = weights.at('head').buffer('running_mean', [width], zeros)
  const passes = weights.at('head').buffer('passes', [], zeros)
  if (!training) return mean.value
  const ofBatch = reduceMean(pooled, { axes: [0] })
  mean.update(add(mul(mean.value, 1 - momentum), mul(ofBatch, momentum)))
  passes.update(add(passes.value, 1))
  return ofBatch
}

/** Settings of a training step but for the size of its passes; with a store of its own. */
export type Scene = Omit<TrainingStepSettings, 'microBatch' | 'rewrite'>

type Settings = Omit<Scene, 'store'>

const withStore = (settings: Settings): Scene => {
  const store = new WeightStore({ trainable: settings.network.tunable, tensors: drawnWeights(0.3, settings) })
  return { ...settings, store }
}

const common = { ...smallDyt, seed: 1, compile: { threads: 1 } }

/** Dynamic Tuning of two layers, two passes a step, with all weights drawn. */
export const dynamicScene = (): Scene =>
  withStore({ ...common, network: network({ ...smallDyt.network, head: runningMeanHead }) })

/** One pass a step, tuned as given, which gives what the head takes the mean of: `pooled` [B, F]. */
export function sceneWith(tuning: Pick<NetworkParts, 'tuner' | 'options'>): Scene {
  const { config, sample } = smallDyt.network
  return withStore({
    ...common,
    network: network({ config, sample, head: runningMeanHead, ...tuning }),
    taskLoss: { ...classificationLoss, outputs: ['logits', 'pooled'] },
  })
}

/** The same with adapters. */
export const plainScene = (): Scene =>
  sceneWith({ tuner: adaptformer, options: { ...adaptformer.defaults, bottleneck: 4 } })
