import { concat, matMul, reshape, slice, type Tensor, transpose } from '@dynamic-tuning/engine'
import { asVit } from '../models/backbone-config.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { xavierUniform } from '../nn/initializers.ts'
import { type CoreSource, type Cores, factHooks, factTuner, mergeFact, pieces } from './fact.ts'
import { product } from './merging.ts'
import { defineTuner } from './tuner.ts'

/**
 * G[a, b, n] = sum_z C[a, b, z] P[z, n] with C `fact.core` [r, r, r] and P `fact.factors` [r, (4 + 2m) L].
 * Each layer has columns for q, k, v and proj, then m columns for fc1 and m for fc2. Attention uses
 * S = G[:, :, n]^T. For the MLP, [r, r, m] is flattened to [r, r m] in memory order, as in the published
 * code: S1 is the transpose of the result, S2 the result itself.
 */
const tuckerCores: CoreSource = {
  nodes({ root, config: model }, layer, r) {
    const config = asVit(model)
    const [m, columns] = [pieces(config), 4 + 2 * pieces(config)]
    const core = root.get('fact.core', [r, r, r], xavierUniform)
    const factors = root.get('fact.factors', [r, columns * config.depth], xavierUniform)
    const own = slice(factors, 1, layer * columns, (layer + 1) * columns)
    const all = matMul(reshape(core, [r * r, r]), own)
    const square = (n: number): Tensor => transpose(reshape(slice(all, 1, n, n + 1), [r, r]), [1, 0])
    const flat = (from: number): Tensor => reshape(slice(all, 1, from, from + m), [r, r * m])
    return {
      qkv: concat([square(0), square(1), square(2)], 0),
      proj: square(3),
      fc1: transpose(flat(4), [1, 0]),
      fc2: flat(4 + m),
    }
  },
  values(tensors, layer, config, r): Cores<ArrayLike<number>> {
    const [m, columns] = [pieces(config), 4 + 2 * pieces(config)]
    const [core, factors] = ['fact.core', 'fact.factors'].map(
      (name) => tensors.get(name)?.data as Float32Array,
    )
    const all = product({ left: core as Float32Array, right: factors as Float32Array, inner: r })
    /** G[a, b, column] of this layer. */
    const at = (a: number, b: number, column: number): number =>
      all[(a * r + b) * columns * config.depth + layer * columns + column] as number
    const count = (length: number, entry: (i: number) => number): number[] =>
      Array.from({ length }, (_, i) => entry(i))
    const square = (n: number): number[] => count(r * r, (i) => at(i % r, Math.floor(i / r), n))
    /** Entry (a, c) of [r, r, m] flattened to [r, r m]. */
    const flat = (a: number, c: number, from: number): number => at(a, Math.floor(c / m), from + (c % m))
    return {
      qkv: [0, 1, 2].flatMap(square),
      proj: square(3),
      fc1: count(r * r * m, (i) => flat(i % r, Math.floor(i / r), 4)),
      fc2: count(r * r * m, (i) => flat(Math.floor(i / (r * m)), i % (r * m), 4 + m)),
    }
  },
}

/**
 * FacT in Tucker form (arXiv:2212.03145): W = W + s V S U, where each S is a
 * combination of the slices of one core.
 */
export const factTk = defineTuner({
  ...factTuner,
  name: 'fact-tk',
  summary: 'changes of all weights in Tucker form, which merge into them',
  equation: 'W = W + s V S_n U for every D x D piece n, S_n[b, a] = sum_z C[a, b, z] P[z, n]',
  trainable: [/^fact\./],
  defaults: { rank: 32, adapterScale: 1, adapterDropout: 0.1 },
  parameterFormula: '2 D r + r^3 + r (4 + 2 m) L',
  parameterCount: (config: VitConfig, { rank: r }) =>
    2 * config.embedDim * r + r ** 3 + r * (4 + 2 * pieces(config)) * config.depth,
  open: (options, pass) => factHooks(tuckerCores, options, pass),
  merge: mergeFact(tuckerCores),
})
