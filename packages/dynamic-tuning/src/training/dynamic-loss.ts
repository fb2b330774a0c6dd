import { add, mul, reduceMean, type Tensor } from '@dynamic-tuning/engine'
import { meanPerGate, stackLayers } from '../tuners/stack-layers.ts'
import { type LossGraph, type LossInputs, outputsFor } from './loss-graph.ts'
import { rateLoss } from './rate-loss.ts'
import { teacherTerms } from './teacher-terms.ts'

/** The loss of Dynamic Tuning (arXiv:2403.11808, Eq. 9); the complete model is the teacher. */
export function dynamicLoss(inputs: LossInputs): LossGraph {
  const { network, taskLoss, loss, targets, run } = inputs
  const dynamic = run({ kind: 'train' })
  const student = outputsFor(taskLoss, dynamic)
  const masks = dynamic.dispatches.map(({ mask }) => mask)
  const rates = meanPerGate(masks)
  const ofTask = taskLoss.of(student, targets)
  const weightedRate = mul(rateLoss(rateOver(rates, inputs), network.options.rate), loss.rateWeight)
  const terms = [ofTask, weightedRate]
  const outputs: Record<string, Tensor> = {
    ...student,
    ...taskLoss.terms?.(student, targets),
    [`${taskLoss.name}Dynamic`]: ofTask,
    rateLoss: weightedRate,
    activeRatePerGate: rates,
    masks: stackLayers(masks),
    soft: stackLayers(dynamic.dispatches.map(({ soft }) => soft)),
    dispatcherLogits: stackLayers(dynamic.dispatches.map(({ logits }) => logits)),
  }
  const passes = [dynamic.blocks]
  const teaches = loss.complete || (loss.distillation && taskLoss.distillation)
  if (teaches && !taskLoss.dynamicOnly) {
    const teacher = run({ kind: 'complete', draws: 'Complete' })
    passes.push(teacher.blocks)
    const { complete, distance, named } = teacherTerms(inputs, outputsFor(taskLoss, teacher), student)
    Object.assign(outputs, named)
    if (loss.complete) terms.push(complete)
    if (loss.distillation && distance) terms.push(distance)
  }
  return { outputs: { ...outputs, loss: terms.reduce((sum, term) => add(sum, term)) }, passes }
}

/**
 * The mean rate over gates and the whole batch; over this pass alone where the rate term trains nothing.
 * rates: [D].
 */
function rateOver(rates: Tensor, { network, loss, batchMeans }: LossInputs): Tensor {
  const own = reduceMean(rates)
  const trains = loss.rateWeight > 0 && network.options.dispatchStrategy === 'learned'
  return trains ? batchMeans.of('rate', own) : own
}
