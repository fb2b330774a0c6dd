import { add, mul, type Tensor } from '@dynamic-tuning/engine'
import { meanPerGate, stackLayers } from '../tuners/stack-layers.ts'
import type { LossGraph, LossInputs } from './loss-graph.ts'
import { crossEntropy, distillation, rateLoss } from './losses.ts'

/** The loss of Dynamic Tuning (arXiv:2403.11808, Eq. 9); the complete model is the teacher. */
export function dynamicLoss({ network, loss, targets, run }: LossInputs): LossGraph {
  const dynamic = run({ kind: 'train' })
  const masks = dynamic.dispatches.map(({ mask }) => mask)
  const rates = meanPerGate(masks)
  const ceDynamic = crossEntropy(dynamic.logits, targets)
  const weightedRate = mul(rateLoss(rates, network.options.rate), loss.rateWeight)
  const terms = [ceDynamic, weightedRate]
  const outputs: Record<string, Tensor> = {
    logits: dynamic.logits,
    ceDynamic,
    rateLoss: weightedRate,
    activeRatePerGate: rates,
    masks: stackLayers(masks),
    soft: stackLayers(dynamic.dispatches.map(({ soft }) => soft)),
    dispatcherLogits: stackLayers(dynamic.dispatches.map(({ logits }) => logits)),
  }
  const passes = [dynamic.blocks]
  if (loss.complete || loss.distillation) {
    const complete = run({ kind: 'complete', dropout: 'dropoutComplete' })
    passes.push(complete.blocks)
    const ceComplete = crossEntropy(complete.logits, targets)
    const kl = distillation(complete.logits, dynamic.logits)
    Object.assign(outputs, { ceComplete, kl })
    if (loss.complete) terms.push(ceComplete)
    if (loss.distillation) terms.push(kl)
  }
  return { outputs: { ...outputs, loss: terms.reduce((sum, term) => add(sum, term)) }, passes }
}
