import { add, gradients, input, mul, narrow, reduceMean, share, type Tensor } from '@dynamic-tuning/engine'
import { sampleInput } from '../models/heads/registry.ts'
import type { ModelHooks } from '../models/hooks.ts'
import type { VitConfig } from '../models/vit-config.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import type { ReductionOptions } from '../reduction/options.ts'
import { trainingMode } from '../reduction/registry.ts'
import { noiseInput } from '../tuners/dispatch-inputs.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { Pass, Tuner, TunerOptions } from '../tuners/tuner.ts'
import { forward } from './forward.ts'
import { crossEntropy, distillation, rateLoss } from './losses.ts'
import { pruningLoss } from './pruning-loss.ts'

/** Weights and switches of the loss terms. */
export interface LossSettings {
  /** alpha of the rate term (2 in the paper). */
  readonly rateWeight: number
  /** Cross-entropy of the complete model, which is also the teacher. */
  readonly complete: boolean
  /** KL from the complete model to the dynamic one; needs `complete`'s pass, not its loss. */
  readonly distillation: boolean
}

/** The paper's loss. */
export const paperLoss: LossSettings = { rateWeight: 2, complete: true, distillation: true }

/** What a training graph is made of. */
export interface ObjectiveSettings {
  readonly config: VitConfig
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly loss: LossSettings
  readonly reduction?: ReductionOptions | undefined
  /** More hooks, such as the patch dropout of pre-training. */
  readonly hooks?: ModelHooks
}

/**
 * Outputs of one training pass: `loss`, its terms, `logits` [B, K], `grad.<weight>`; with dispatch `activeRatePerGate` [D]
 * and the gates `masks`, `soft` and `dispatcherLogits` [B, D, n]; with DynamicViT `keepDecisions` [B, S, N] and `features`
 * [B, N, C].
 */
export type ObjectiveOutputs = Record<string, Tensor>

/**
 * The graph of one training pass: the loss of Dynamic Tuning (Eq. 9), that of DynamicViT, or plain cross-entropy, and the
 * gradient of every trained weight.
 * Inputs: `images` [B, 3, H, W], `targets` [B, K]; with dispatch or predictors `noise` [D, B, n, 1]; with adapter dropout
 * `dropout` and (for the complete pass) `dropoutComplete`, [A, B, T, F] as `dropoutInput` says; `temperature` [] where it is
 * scheduled.
 */
export function objective(store: WeightStore, settings: ObjectiveSettings): ObjectiveOutputs {
  const { config, options } = settings
  const mode = trainingMode(settings.reduction)
  const images = sampleInput(config)
  const targets = input('targets', ['B', config.numClasses])
  const lossOf = options.dispatch !== 'none' ? dynamicLoss : mode === 'train' ? pruningLoss : plainLoss
  const outputs: ObjectiveOutputs = share(narrow(lossOf(store, images, targets, settings)))
  const trained = store.trainable
  const slopes = gradients(outputs.loss as Tensor, [...trained.values()])
  for (const [i, name] of [...trained.keys()].entries()) outputs[`grad.${name}`] = slopes[i] as Tensor
  return outputs
}

function plainLoss(
  store: WeightStore,
  images: Tensor,
  targets: Tensor,
  settings: ObjectiveSettings,
): ObjectiveOutputs {
  const { tuner, options, config } = settings
  const pass: Pass = { kind: 'complete', dropout: dropoutInput('dropout', tuner, options, config) }
  const { logits } = forward(store, images, settings, pass, trainingMode(settings.reduction))
  return { loss: crossEntropy(logits, targets), logits }
}

function dynamicLoss(
  store: WeightStore,
  images: Tensor,
  targets: Tensor,
  settings: ObjectiveSettings,
): ObjectiveOutputs {
  const { config, tuner, options, loss } = settings
  const noise = noiseInput(options, config)
  const temperature = options.finalTemperature === undefined ? undefined : input('temperature', [])
  const dropout = dropoutInput('dropout', tuner, options, config)
  const pass: Pass = { kind: 'train', noise, temperature, dropout, classTokenOnly: true }
  const dynamic = forward(store, images, settings, pass)
  const masks = stackLayers(dynamic.dispatches.map(({ mask }) => mask))
  const outputs: ObjectiveOutputs = {
    logits: dynamic.logits,
    ceDynamic: crossEntropy(dynamic.logits, targets),
    rateLoss: mul(rateLoss(masks, options.rate), loss.rateWeight),
    activeRatePerGate: reduceMean(masks, { axes: [0, 2] }),
    masks,
    soft: stackLayers(dynamic.dispatches.map(({ soft }) => soft)),
    dispatcherLogits: stackLayers(dynamic.dispatches.map(({ logits }) => logits)),
  }
  const terms = ['ceDynamic', 'rateLoss']
  if (loss.complete || loss.distillation) {
    const again = dropoutInput('dropoutComplete', tuner, options, config)
    const whole: Pass = { kind: 'complete', dropout: again }
    const complete = forward(store, images, settings, whole)
    outputs.ceComplete = crossEntropy(complete.logits, targets)
    outputs.kl = distillation(complete.logits, dynamic.logits)
    if (loss.complete) terms.push('ceComplete')
    if (loss.distillation) terms.push('kl')
  }
  outputs.loss = terms.map((name) => outputs[name] as Tensor).reduce((sum, term) => add(sum, term))
  return outputs
}
