import { add, type Tensor } from '@dynamic-tuning/engine'
import { layerNorm } from '../nn/layer-norm.ts'
import { mlp } from '../nn/mlp.ts'
import type { AttentionPart, MlpPart, ModelHooks, Place } from './hooks.ts'
import type { Sites } from './sites.ts'

/** The two parts of a pre-norm layer. */
export interface BlockParts {
  readonly attention: AttentionPart
  readonly mlp: MlpPart
}

/** u = x + Attn(LN1(x)), then u + MLP(LN2(u)), as changed by the method's hooks. */
export function block(tokens: Tensor, place: Place, parts: BlockParts, hooks: ModelHooks): Tensor {
  const x = hooks.enter?.(tokens, place) ?? tokens
  if (hooks.layer) return hooks.layer(x, { ...place, ...parts, norm: parts.attention.norm })
  const attended = hooks.attention?.(x, parts.attention) ?? add(x, parts.attention.run(x))
  const u = hooks.afterAttention?.(attended, place) ?? attended
  return hooks.mlp?.(u, parts.mlp) ?? add(u, parts.mlp.run(u))
}

/** The MLP of a layer; `scaled` multiplies by the layer scale. */
export function mlpPart(
  place: Place,
  hooks: ModelHooks,
  sites: Sites,
  scaled: (y: Tensor) => Tensor = (y) => y,
): MlpPart {
  const { config, weights, sizes } = place
  const norm = once((x) => sites.normed(layerNorm(x, weights.at('norm2'), config.layerNormEps), 'norm2'))
  const run: MlpPart['run'] = (tokens) => {
    const y = scaled(mlp(norm(tokens), weights.at('mlp'), sizes.hidden, sites.after('mlp')))
    return hooks.branch?.(y, 'mlp', place) ?? y
  }
  return { ...place, norm, run }
}

/** Wraps `compute` so that the same tensor always gives the same node. */
export function once(compute: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const made = new Map<Tensor, Tensor>()
  return (x) => {
    const y = made.get(x) ?? compute(x)
    made.set(x, y)
    return y
  }
}
