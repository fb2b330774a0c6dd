import {
  add,
  type Dim,
  div,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  slice,
  stopGradient,
  sub,
  type Tensor,
} from '@dynamic-tuning/engine'
import type { WeightStore } from '../nn/weight-store.ts'
import { atLeastOne } from '../reduction/predictor.ts'
import type { KeepDecision } from '../reduction/reduction.ts'
import { dropoutInput } from '../tuners/dropout.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { Pass } from '../tuners/tuner.ts'
import { forward } from './forward.ts'
import { crossEntropy, distillation } from './losses.ts'
import type { LossGraph, ObjectiveOutputs, ObjectiveSettings } from './objective.ts'

/** Weight of both distillation terms in the paper. */
const half = 0.5

/**
 * The loss of DynamicViT (arXiv:2106.02034, Eq. 12-16): cross-entropy of the model under its policy
 * + rateWeight / S sum_s mean_b (mean_n d_s - rate_s)^2 + 0.5 KL(complete || policy) + 0.5 mean (x - x_complete)^2 of kept
 * tokens after the final norm. The teacher is the model with all tokens, without gradient; with `complete` its own
 * cross-entropy is added, so that it learns a new task too.
 */
export function pruningLoss(
  store: WeightStore,
  images: Tensor,
  targets: Tensor,
  settings: ObjectiveSettings,
): LossGraph {
  const { loss, tuner, options, config } = settings
  const pass: Pass = { kind: 'complete', dropout: dropoutInput('dropout', tuner, options, config) }
  const student = forward(store, images, settings, pass, 'train')
  const features = patchesOf(student.features)
  const stages = student.decisions
  const passes = [student.blocks]
  const terms = [
    crossEntropy(student.logits, targets),
    mul(ratioLoss(stages), loss.rateWeight / stages.length),
  ]
  const outputs: ObjectiveOutputs = {
    logits: student.logits,
    features,
    keepDecisions: stackLayers(stages.map(({ keep }) => keep)),
    ceDynamic: terms[0] as Tensor,
    ratioLoss: terms[1] as Tensor,
  }
  if (loss.complete || loss.distillation) {
    const whole: Pass = { kind: 'complete', dropout: dropoutInput('dropoutComplete', tuner, options, config) }
    const teacher = forward(store, images, settings, whole)
    passes.push(teacher.blocks)
    outputs.ceComplete = crossEntropy(teacher.logits, targets)
    outputs.kl = distillation(teacher.logits, student.logits)
    outputs.tokenDistance = tokenDistance(
      patchesOf(teacher.features),
      features,
      stages.at(-1)?.keep as Tensor,
    )
    if (loss.complete) terms.push(outputs.ceComplete)
    if (loss.distillation) terms.push(mul(outputs.kl, half), mul(outputs.tokenDistance, half))
  }
  outputs.loss = terms.reduce((sum, term) => add(sum, term))
  return { outputs, passes }
}

/** sum_s mean_b (mean_n d_s - rate_s)^2 */
function ratioLoss(stages: readonly KeepDecision[]): Tensor {
  return stages
    .map(({ keep, rate }) => {
      const distance = add(reduceMean(keep, { axes: [1] }), -rate)
      return reduceMean(mul(distance, distance))
    })
    .reduce((sum, term) => add(sum, term))
}

/** Mean of (student - teacher)^2 over kept tokens and features; teacher and decisions take no gradient. */
function tokenDistance(teacher: Tensor, student: Tensor, keep: Tensor): Tensor {
  const kept = stopGradient(keep)
  const width = Number(student.shape[2])
  const distance = sub(student, stopGradient(teacher))
  const squares = mul(mul(distance, distance), reshape(kept, [...kept.shape, 1] as Dim[]))
  return div(reduceSum(squares), mul(atLeastOne(reduceSum(kept)), width))
}

/** [B, N + 1, C] without the class token. */
function patchesOf(features: Tensor): Tensor {
  return slice(features, 1, 1, Number(features.shape[1]))
}
