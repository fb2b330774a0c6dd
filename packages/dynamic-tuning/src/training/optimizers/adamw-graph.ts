import { add, div, input, mul, sqrt, sub, type Tensor } from '@dynamic-tuning/engine'
import { type AdamWSettings, corrected } from './adamw.ts'
import type { ParameterGroup } from './groups.ts'

/** A weight in a graph, with its gradient and AdamW's moments. */
export interface AdamWSlot {
  readonly value: Tensor
  readonly mean: Tensor
  readonly square: Tensor
  readonly gradient: Tensor
}

/** Values that change with each step: inputs of the graph, [] each, fed by `adamwFeeds`. */
export interface AdamWNumbers {
  readonly rate: Tensor
  readonly size: Tensor
  readonly correction: Tensor
}

/** Creates those inputs, shared by all weights. */
export function adamwNumbers(): AdamWNumbers {
  return {
    rate: input('adamw.rate', []),
    size: input('adamw.size', []),
    correction: input('adamw.correction', []),
  }
}

/** An AdamW update as operators: the new weight and its new moments. */
export function adamwUpdate(
  { value, mean, square, gradient }: AdamWSlot,
  { rate, size, correction }: AdamWNumbers,
  { rateFactor, decays }: ParameterGroup,
  { beta1, beta2, epsilon, weightDecay }: AdamWSettings,
): Omit<AdamWSlot, 'gradient'> {
  const m = add(mul(mean, beta1), mul(gradient, 1 - beta1))
  const v = add(mul(square, beta2), mul(mul(gradient, gradient), 1 - beta2))
  const kept = decays ? mul(value, add(mul(rate, -weightDecay * rateFactor), 1)) : value
  const scaled = rateFactor === 1 ? size : mul(size, rateFactor)
  const move = div(mul(m, scaled), add(mul(sqrt(v), correction), epsilon))
  return { value: sub(kept, move), mean: m, square: v }
}

/** Values of those inputs for update number `step`, counted from 1. */
export function adamwFeeds(
  learningRate: number,
  step: number,
  settings: AdamWSettings,
): Record<`adamw.${keyof AdamWNumbers}`, Float32Array> {
  const { size, correction } = corrected(learningRate, step, settings)
  return {
    'adamw.rate': Float32Array.of(learningRate),
    'adamw.size': Float32Array.of(size),
    'adamw.correction': Float32Array.of(correction),
  }
}
