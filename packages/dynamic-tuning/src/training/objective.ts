import {
  add,
  type Checkpoints,
  gradients,
  input,
  mul,
  narrow,
  share,
  type Tensor,
} from '@dynamic-tuning/engine'
import { sampleInput } from '../models/heads/registry.ts'
import type { ModelHooks } from '../models/hooks.ts'
import type { ModelConfig } from '../models/model-config.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import type { ReductionOptions } from '../reduction/options.ts'
import { trainingMode } from '../reduction/registry.ts'
import { noiseInput } from '../tuners/dispatch-inputs.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import { meanPerGate, stackLayers } from '../tuners/stack-layers.ts'
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
  readonly config: ModelConfig
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly loss: LossSettings
  readonly reduction?: ReductionOptions | undefined
  /** More hooks, such as the patch dropout of pre-training. */
  readonly hooks?: ModelHooks
  /** Keep what layers give alone and compute the rest again for the gradients: the same bits, less memory, more time. */
  readonly recompute?: boolean | undefined
}

/**
 * Outputs of one training pass: `loss`, its terms, `logits` [B, K], `grad.<weight>`; with dispatch `activeRatePerGate` [D]
 * and the gates `masks`, `soft` and `dispatcherLogits` as `stackLayers` puts them, [B, D, n]; with DynamicViT `keepDecisions` [B, S, N] and `features`
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
  const { passes, outputs: named } = lossOf(store, images, targets, settings)
  const { outputs, checkpoints } = leaned(named, settings.recompute ? passes : [])
  const trained = store.trainable
  const slopes = gradients(outputs.loss as Tensor, [...trained.values()], { checkpoints })
  for (const [i, name] of [...trained.keys()].entries()) outputs[`${gradient}${name}`] = slopes[i] as Tensor
  return outputs
}

const gradient = 'grad.'

/** The weight whose gradient an output of `objective` is; undefined for other outputs. */
export function weightOf(output: string): string | undefined {
  return output.startsWith(gradient) ? output.slice(gradient.length) : undefined
}

/** A loss and what else a training graph gives. */
export interface LossGraph {
  readonly outputs: ObjectiveOutputs
  /** What the layers of each pass give. */
  readonly passes: readonly (readonly Tensor[])[]
}

/** The graph without what nobody reads or what is there twice, and in it what the layers of all passes give but the last. */
function leaned(
  named: ObjectiveOutputs,
  passes: LossGraph['passes'],
): { readonly outputs: ObjectiveOutputs; readonly checkpoints: Checkpoints } {
  const inner = passes.flatMap((blocks, pass) =>
    blocks.slice(0, -1).map((block, layer) => [`${pass} after ${layer}`, block] as const),
  )
  const all = share(narrow({ ...named, ...Object.fromEntries(inner) }))
  const outputs = Object.fromEntries(Object.keys(named).map((name) => [name, all[name] as Tensor]))
  const layers = Math.max(0, ...passes.map((blocks) => blocks.length - 1))
  const at = (layer: number) => passes.flatMap((_, pass) => all[`${pass} after ${layer}`] ?? [])
  return { outputs, checkpoints: Array.from({ length: layers }, (_, layer) => at(layer)) }
}

function plainLoss(
  store: WeightStore,
  images: Tensor,
  targets: Tensor,
  settings: ObjectiveSettings,
): LossGraph {
  const { tuner, options, config } = settings
  const pass: Pass = { kind: 'complete', dropout: dropoutInput('dropout', tuner, options, config) }
  const { logits, blocks } = forward(store, images, settings, pass, trainingMode(settings.reduction))
  return { outputs: { loss: crossEntropy(logits, targets), logits }, passes: [blocks] }
}

function dynamicLoss(
  store: WeightStore,
  images: Tensor,
  targets: Tensor,
  settings: ObjectiveSettings,
): LossGraph {
  const { config, tuner, options, loss } = settings
  const noise = noiseInput(options, config)
  const temperature = options.finalTemperature === undefined ? undefined : input('temperature', [])
  const dropout = dropoutInput('dropout', tuner, options, config)
  const pass: Pass = { kind: 'train', noise, temperature, dropout, classTokenOnly: true }
  const dynamic = forward(store, images, settings, pass)
  const masks = dynamic.dispatches.map(({ mask }) => mask)
  const rates = meanPerGate(masks)
  const outputs: ObjectiveOutputs = {
    logits: dynamic.logits,
    ceDynamic: crossEntropy(dynamic.logits, targets),
    rateLoss: mul(rateLoss(rates, options.rate), loss.rateWeight),
    activeRatePerGate: rates,
    masks: stackLayers(masks),
    soft: stackLayers(dynamic.dispatches.map(({ soft }) => soft)),
    dispatcherLogits: stackLayers(dynamic.dispatches.map(({ logits }) => logits)),
  }
  const terms = ['ceDynamic', 'rateLoss']
  const passes = [dynamic.blocks]
  if (loss.complete || loss.distillation) {
    const again = dropoutInput('dropoutComplete', tuner, options, config)
    const whole: Pass = { kind: 'complete', dropout: again }
    const complete = forward(store, images, settings, whole)
    passes.push(complete.blocks)
    outputs.ceComplete = crossEntropy(complete.logits, targets)
    outputs.kl = distillation(complete.logits, dynamic.logits)
    if (loss.complete) terms.push('ceComplete')
    if (loss.distillation) terms.push('kl')
  }
  outputs.loss = terms.map((name) => outputs[name] as Tensor).reduce((sum, term) => add(sum, term))
  return { outputs, passes }
}
