import {
  add,
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
import { ConfigError } from '../errors.ts'
import { atLeastOne } from '../reduction/predictor.ts'
import type { KeepDecision } from '../reduction/reduction.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { LossGraph, LossInputs } from './loss-graph.ts'
import { crossEntropy, distillation } from './losses.ts'

/** Weight of both distillation terms in the paper. */
const half = 0.5

/**
 * The loss of DynamicViT (arXiv:2106.02034, Eq. 12-16): cross-entropy of the model under its policy
 * + rateWeight / S sum_s mean_b (mean_n d_s - rate_s)^2 + 0.5 KL(complete || policy) + 0.5 mean (x - x_complete)^2 of kept
 * tokens after the final norm. The teacher is the model with all tokens, without gradient; with `complete` its own
 * cross-entropy is added, so that it learns a new task too.
 */
export function pruningLoss({ loss, targets, run }: LossInputs): LossGraph {
  const student = run({ kind: 'train' })
  const features = patchesOf(student.features)
  const stages = student.reduced.decisions
  const passes = [student.blocks]
  const ceDynamic = crossEntropy(student.logits, targets)
  const weightedRatio = mul(ratioLoss(stages), loss.rateWeight / stages.length)
  const terms = [ceDynamic, weightedRatio]
  const outputs: Record<string, Tensor> = {
    logits: student.logits,
    features,
    keepDecisions: stackLayers(stages.map(({ keep }) => keep)),
    ceDynamic,
    ratioLoss: weightedRatio,
  }
  if (loss.complete || loss.distillation) {
    const teacher = run({ kind: 'complete', dropout: 'dropoutComplete' })
    passes.push(teacher.blocks)
    const ceComplete = crossEntropy(teacher.logits, targets)
    const kl = distillation(teacher.logits, student.logits)
    const distance = tokenDistance(patchesOf(teacher.features), features, stages)
    Object.assign(outputs, { ceComplete, kl, tokenDistance: distance })
    if (loss.complete) terms.push(ceComplete)
    if (loss.distillation) terms.push(mul(kl, half), mul(distance, half))
  }
  return { outputs: { ...outputs, loss: terms.reduce((sum, term) => add(sum, term)) }, passes }
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

/** Mean of (student - teacher)^2 over the tokens kept to the end; teacher and decisions take no gradient. */
function tokenDistance(teacher: Tensor, student: Tensor, decisions: readonly KeepDecision[]): Tensor {
  const last = decisions.at(-1)
  if (last === undefined) throw new ConfigError('dynamicvit: no layer keeps or drops tokens. Choose some.')
  const kept = stopGradient(last.keep)
  const width = Number(student.shape[2])
  const distance = sub(student, stopGradient(teacher))
  const squares = mul(mul(distance, distance), reshape(kept, [...kept.shape, 1]))
  return div(reduceSum(squares), mul(atLeastOne(reduceSum(kept)), width))
}

/** [B, N + 1, C] without the class token. */
function patchesOf(features: Tensor): Tensor {
  return slice(features, 1, 1, Number(features.shape[1]))
}
