import {
  add,
  cast,
  div,
  expandLike,
  greater,
  log,
  mul,
  reduceMean,
  reshape,
  scalar,
  sigmoid,
  slice,
  straightThrough,
  sub,
  type Tensor,
} from '@dynamic-tuning/engine'
import type { Place } from '../models/hooks.ts'
import { linearLayer } from '../nn/linear.ts'
import type { Part } from './parts.ts'
import type { Dispatch, Pass, TunerOptions } from './tuner.ts'

/** A pass whose gates may be closed. */
export type GatedPass = Exclude<Pass, { readonly kind: 'complete' }>

/** Identifies a gate of a model: its number among all gates, and the part it belongs to. */
export interface GateOf {
  readonly number: number
  readonly part: Part
  /**
   * Number of tokens before the patches (class token, registers, prompts), which the gate does not decide on.
   */
  readonly prefix: number
}

/**
 * Token dispatcher (Eq. 4): logit = x W_g + b_g; a token is active if sigmoid(logit) is above the threshold.
 * In training the gate is a Gumbel-sigmoid S = sigmoid((logit + G1 - G2) / tau), hard forward and soft
 * backward (straight-through, Eq. 6). At sample level, one logit decides for the whole image: that of the
 * mean of its patch tokens. Random dispatch uses the logit of the target rate; with the logistic noise
 * G1 - G2, each token passes with that probability.
 * x: [B, P + N, C], class token and prompts first.
 */
export function decide(
  x: Tensor,
  place: Place,
  gate: GateOf,
  options: TunerOptions,
  pass: GatedPass,
): Dispatch {
  const { index: layer } = place
  const { part } = gate
  const logits = logitsOf(x, place, gate, options)
  if (options.dispatchStrategy === 'random') {
    const noisy = add(logits, noiseOf(pass.noise as Tensor, gate, logits))
    return { layer, part, logits, soft: sigmoid(logits), mask: hard(noisy, thresholdOf(pass, gate)) }
  }
  if (pass.kind !== 'train')
    return { layer, part, logits, soft: sigmoid(logits), mask: hard(logits, thresholdOf(pass, gate)) }
  const noisy = add(logits, noiseOf(pass.noise, gate, logits))
  const { temperature: tau } = pass
  const soft = sigmoid(tau === undefined ? mul(noisy, 1 / options.temperature) : div(noisy, tau))
  return { layer, part, logits, soft, mask: straightThrough(hard(noisy), soft) }
}

/** The decision of a gate that lets nothing through; it needs no dispatcher. */
export function closedGate(x: Tensor, place: Place, gate: GateOf, options: TunerOptions): Dispatch {
  const { part } = gate
  const like = decisionsLike(x, gate, options)
  const mask = expandLike(scalar(0), like)
  return { layer: place.index, part, logits: expandLike(scalar(-100), like), soft: mask, mask }
}

/** A tensor with the shape of a gate's decisions: [B, N], or [B, 1] at sample level. */
function decisionsLike(x: Tensor, { prefix }: GateOf, options: TunerOptions): Tensor {
  const [batch, tokens] = x.shape as [string, number]
  const like = slice(x, 2, 0, 1)
  const some = options.dispatchLevel === 'sample' ? slice(like, 1, 0, 1) : slice(like, 1, prefix, tokens)
  return reshape(some, [batch, some.shape[1] as number])
}

/** The dispatcher's logits: [B, N], or [B, 1] at sample level. */
function logitsOf(x: Tensor, { weights }: Place, gate: GateOf, options: TunerOptions): Tensor {
  if (options.dispatchStrategy === 'random')
    return expandLike(scalar(logitOf(options.rate)), decisionsLike(x, gate, options))
  const { part, prefix } = gate
  const [batch, tokens] = x.shape as [string, number]
  const head = weights.at(`${part}_token_select.mlp_head`)
  if (options.dispatchLevel === 'sample')
    return linearLayer(reduceMean(slice(x, 1, prefix, tokens), { axes: [1] }), head, 1)
  return slice(reshape(linearLayer(x, head, 1), [batch, tokens]), 1, prefix, tokens)
}

/** The logit of a rate; finite even for rate 1, but large enough that everything passes. */
function logitOf(rate: number): number {
  return rate >= 1 ? 100 : Math.log(rate / (1 - rate))
}

/**
 * This gate's noise, cut from [D, B, n, 1] to the shape of `logits`, which has
 * fewer tokens if some were merged.
 */
function noiseOf(noise: Tensor, { number }: GateOf, logits: Tensor): Tensor {
  const own = slice(noise, 0, number, number + 1)
  return reshape(slice(own, 2, 0, Number(logits.shape[1])), logits.shape)
}

/** The threshold of this gate as a logit, [1]; exactly 0 for probability 0.5. */
function thresholdOf(pass: GatedPass, { number }: GateOf): Tensor | undefined {
  if (pass.kind === 'train' || pass.threshold === undefined) return undefined
  const threshold = slice(pass.threshold, 0, number, number + 1)
  return log(div(threshold, sub(scalar(1), threshold)))
}

function hard(logits: Tensor, threshold: Tensor | undefined = undefined): Tensor {
  return cast(greater(logits, threshold ?? 0), 'float32')
}
