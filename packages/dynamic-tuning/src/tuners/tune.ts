import { add, type Tensor } from '@dynamic-tuning/engine'
import type { AttentionPart, LayerPart, ModelHooks } from '../models/hooks.ts'
import { dispatchPart, dropPathOf } from './dispatch-part.ts'
import { type Block, times } from './gated.ts'
import type { Dispatch, Pass, Tuner, TunerOptions, TunerPass } from './tuner.ts'

/** A method in one pass over a model: the hooks to build the model with, and what they collect meanwhile. */
export interface TunedPass {
  readonly hooks: ModelHooks
  /** Decisions of all gates, layer by layer; empty without dispatch and in the complete pass. */
  readonly dispatches: readonly Dispatch[]
  /** Weights [B, E] of the experts of each MoE-adapter. */
  readonly routes: readonly Tensor[]
}

/**
 * Combines a method's own hooks, what it adds parallel to the parts of a layer, and token dispatch
 * (Section 3.3): x' = x + M * Block(x) + A(x) for the attention, the MLP or the layer, depending on
 * `dispatch`. M is 1 in the complete model and in layers that do not dispatch.
 */
export function tune(tuner: Tuner, options: TunerOptions, pass: Pass): TunedPass {
  const opened = tuner.open(options, pass)
  const dispatches: Dispatch[] = []
  const through = dispatchPart({ tuner, options, pass, opened, dispatches })
  const hooks: ModelHooks = {
    ...opened.hooks,
    ...(options.dispatch === 'layer' && {
      layer: (x, part) => through('layer', x, part, layerBlock(part, opened, pass)),
    }),
    attention: (x, part) => through('attn', x, part, attentionBlock(part, opened)),
    mlp: (x, part) => through('mlp', x, part, part.run),
  }
  return { hooks, dispatches, routes: opened.routes ?? [] }
}

function attentionBlock(part: AttentionPart, opened: TunerPass): Block {
  return (tokens, mix = opened.mix?.(part)) => part.run(tokens, mix)
}

/** Attn(LN1 x) + MLP(LN2 u) with u = x + Attn(LN1 x), each including what the method adds parallel to it. */
function layerBlock(part: LayerPart, opened: TunerPass, pass: Pass): Block {
  const attend = attentionBlock(part.attention, opened)
  const [attnFactor, mlpFactor] = [dropPathOf(pass, part, 'attn'), dropPathOf(pass, part, 'mlp')]
  return (tokens, mix) => {
    const own = times(attend(tokens, mix), attnFactor)
    const attended = joined(own, opened.beside?.('attn', tokens, part.attention))
    const u = add(tokens, attended)
    return add(attended, joined(times(part.mlp.run(u), mlpFactor), opened.beside?.('mlp', u, part.mlp)))
  }
}

function joined(x: Tensor, beside: Tensor | undefined): Tensor {
  return beside === undefined ? x : add(x, beside)
}

/** Patterns of the weights that a method trains with these settings: its own, and those of learned gates. */
export function trainedPatterns(tuner: Tuner, options: TunerOptions): readonly RegExp[] {
  const learns = options.dispatch !== 'none' && options.dispatchStrategy === 'learned'
  const all = tuner.trainable.some((pattern) => pattern.test('blocks.0.mlp_token_select'))
  return learns && !all ? [...tuner.trainable, /_token_select\./] : tuner.trainable
}
