import {
  add,
  concat,
  type Dim,
  gemm,
  matMul,
  mul,
  reduceMean,
  relu,
  reshape,
  sizeOf,
  softmax,
  type Tensor,
  transpose,
} from '@dynamic-tuning/engine'
import { type AdapterOptions, scaled } from './adapter.ts'
import { type Initializer, kaimingUniform, zeros } from './initializers.ts'
import { linearWithoutBias } from './linear.ts'
import type { Weights } from './weight-store.ts'

/** Size and strength of an adapter that is merged from several experts. */
export interface MoeAdapterOptions extends AdapterOptions {
  /** E, number of experts. */
  readonly experts: number
  /** `softmax` normalises the router's values over the experts. */
  readonly router: 'softmax' | 'none'
}

/**
 * MoE-adapter (Section 3.4 of arXiv:2403.11808): alpha = softmax(mean of all tokens W_r) weighs E
 * adapters. Their weights and biases are merged, W = sum_i alpha_i W_i, and each image runs one ordinary
 * adapter with its own merged weights.
 * x: [B, N, C] -> output [B, N, C], route (alpha) [B, E].
 */
export function moeAdapter(
  x: Tensor,
  weights: Weights,
  options: MoeAdapterOptions,
): { readonly output: Tensor; readonly route: Tensor } {
  const { bottleneck: d, experts, dropout } = options
  const width = Number(x.shape[2])
  const logits = linearWithoutBias(reduceMean(x, { axes: [1] }), weights.at('router'), experts)
  const route = options.router === 'softmax' ? softmax(logits, -1) : logits
  const merged = (name: string, shape: readonly number[], init: Initializer): Tensor =>
    mergedWeight(route, weights, { name, shape, init })
  const down = transpose(merged('down_proj.weight', [d, width], kaimingUniform), [0, 2, 1])
  const up = transpose(merged('up_proj.weight', [width, d], zeros), [0, 2, 1])
  const hidden = relu(add(matMul(x, down), asRow(merged('down_proj.bias', [d], zeros))))
  const kept = dropout === undefined ? hidden : mul(hidden, dropout)
  const output = add(matMul(kept, up), asRow(merged('up_proj.bias', [width], zeros)))
  return { output: scaled(output, weights, options), route }
}

/** Merges one weight of all experts: sum_i route_i W_i, [B, ...shape]. */
function mergedWeight(
  route: Tensor,
  weights: Weights,
  {
    name,
    shape,
    init,
  }: { readonly name: string; readonly shape: readonly number[]; readonly init: Initializer },
): Tensor {
  const [batch, experts] = route.shape as [Dim, number]
  const size = sizeOf(shape)
  const rows = Array.from({ length: experts }, (_, expert) =>
    reshape(weights.at(`experts.${expert}`).get(name, shape, init), [1, size]),
  )
  return reshape(gemm(route, concat(rows, 0)), [batch, ...shape])
}

/** [B, C] to [B, 1, C]. */
function asRow(bias: Tensor): Tensor {
  const [batch, width] = bias.shape as [Dim, number]
  return reshape(bias, [batch, 1, width])
}
