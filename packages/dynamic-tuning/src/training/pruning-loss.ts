import {
  add,
  div,
  mul,
  reduceMean,
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
import { type LossGraph, type LossInputs, outputsFor } from './loss-graph.ts'
import { teacherTerms } from './teacher-terms.ts'

/** Weight of both distillation terms in the paper. */
const half = 0.5

/**
 * The loss of DynamicViT (arXiv:2106.02034, Eq. 12-16): the task's loss of the pruned model
 * + rateWeight / S sum_s mean_b (mean_n d_s - rate_s)^2 + 0.5 distillation(complete || pruned)
 * + 0.5 mean (x - x_complete)^2 of kept tokens after the final norm.
 * The teacher is the model with all tokens, without gradient; with `complete` its own loss is added, so
 * that it learns the new task too.
 */
export function pruningLoss(inputs: LossInputs): LossGraph {
  const { taskLoss, loss, targets, run } = inputs
  const pruned = run({ kind: 'train' })
  const student = outputsFor(taskLoss, pruned)
  const features = patchesOf(pruned.features)
  const stages = pruned.reduced.decisions
  const passes = [pruned.blocks]
  const ofTask = taskLoss.of(student, targets)
  const weightedRatio = mul(ratioLoss(stages), loss.rateWeight / stages.length)
  const terms = [ofTask, weightedRatio]
  const outputs: Record<string, Tensor> = {
    ...student,
    features,
    keepDecisions: stackLayers(stages.map(({ keep }) => keep)),
    ...taskLoss.terms?.(student, targets),
    [`${taskLoss.name}Dynamic`]: ofTask,
    ratioLoss: weightedRatio,
  }
  if (loss.complete || loss.distillation) {
    const teacher = run({ kind: 'complete', draws: 'Complete' })
    passes.push(teacher.blocks)
    const ofTeacher = teacherTerms(inputs, outputsFor(taskLoss, teacher), student)
    const ofTokens = tokenDistance(patchesOf(teacher.features), features, inputs, stages)
    Object.assign(outputs, { ...ofTeacher.named, tokenDistance: ofTokens })
    if (loss.complete) terms.push(ofTeacher.complete)
    const distances = [ofTeacher.distance, ofTokens].flatMap((distance) => distance ?? [])
    if (loss.distillation) terms.push(...distances.map((distance) => mul(distance, half)))
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

/**
 * Mean of (student - teacher)^2 over the tokens of the whole batch that are kept to the end; no gradient
 * flows into teacher and decisions.
 */
function tokenDistance(
  teacher: Tensor,
  student: Tensor,
  { loss, batchMeans }: LossInputs,
  decisions: readonly KeepDecision[],
): Tensor {
  const last = decisions.at(-1)
  if (last === undefined) throw new ConfigError('dynamicvit: no layer keeps or drops tokens. Choose some.')
  const kept = stopGradient(last.keep)
  const distance = sub(student, stopGradient(teacher))
  const squares = mul(mul(distance, distance), reshape(kept, [...kept.shape, 1]))
  // Per image, so that pieces of a batch with more kept tokens count for more.
  const ownShare = reduceMean(kept)
  const share = loss.distillation ? batchMeans.of('kept', ownShare) : ownShare
  return div(reduceMean(squares), atLeastOne(share))
}

/** Removes the class token: [B, N + 1, C] -> [B, N, C]. */
function patchesOf(features: Tensor): Tensor {
  return slice(features, 1, 1, Number(features.shape[1]))
}
