import { add, type Tensor } from '@dynamic-tuning/engine'
import { headOf } from '../models/heads/registry.ts'
import type { AttentionPart, LayerPart, MlpPart, ModelHooks, Place } from '../models/hooks.ts'
import { prefixTokens } from '../models/vit-config.ts'
import { closedGate, decide } from './gate.ts'
import { type Block, onPrefix, throughGate } from './gated.ts'
import { dispatchedParts, type Part } from './parts.ts'
import type { Dispatch, Pass, Tuner, TunerOptions } from './tuner.ts'

/** A method in one pass over a model: the hooks to build it with, and what they collect while it is built. */
export interface TunedPass {
  readonly hooks: ModelHooks
  /** Decisions of all gates, layer by layer; stays empty without dispatch and in the complete pass. */
  readonly dispatches: readonly Dispatch[]
  /** Weights [B, E] of the experts of each MoE-adapter. */
  readonly routes: readonly Tensor[]
}

/**
 * Puts a method's own hooks, what it adds beside the parts of a layer, and token dispatch together (Section 3.3):
 * x' = x + M * Block(x) + A(x), for the attention, the MLP or the layer as `dispatch` says. M is 1 in the complete model
 * and in layers that do not dispatch.
 */
export function tune(tuner: Tuner, options: TunerOptions, pass: Pass): TunedPass {
  const opened = tuner.open(options, pass)
  const dispatches: Dispatch[] = []
  const parts: readonly Part[] = dispatchedParts[options.dispatch]
  const gatesAt = (part: Part, { index }: Place): boolean =>
    parts.includes(part) && (options.dispatchLayers?.includes(index) ?? true)

  // Factors of dropout inside a block are those of all tokens: it cannot run on some.
  const dropsInside =
    pass.kind === 'train' && pass.dropout !== undefined && Object.keys(opened.hooks).length > 0

  const attend =
    (part: AttentionPart): Block =>
    (tokens, mix = opened.mix?.(part)) =>
      part.run(tokens, mix)
  const through = (
    part: Part,
    x: Tensor,
    place: AttentionPart | MlpPart | LayerPart,
    block: Block,
  ): Tensor => {
    const added = opened.beside?.(part, x, place)
    const base = added === undefined ? x : add(x, added)
    if (pass.kind === 'complete' || !gatesAt(part, place)) return add(base, block(x))
    const gate = dispatches.length
    const prefix = prefixTokens(place.config) + tuner.promptsAt(options, place.index)
    const own = { number: gate, part, prefix }
    const form = pass.kind === 'train' ? 'dispatched' : (pass.blocks?.[gate] ?? 'dispatched')
    if (form !== 'dispatched') {
      dispatches.push(closedGate(x, place, own, options))
      const keeps = form === 'prefix' && options.dispatchLevel === 'token'
      return keeps ? onPrefix(x, base, block, prefix) : base
    }
    const dispatch = decide(x, place, own, options, pass)
    dispatches.push(dispatch)
    const { dispatchLevel: level } = options
    const readsClass = readsClassToken(pass, place, opened.hooks)
    if (pass.kind === 'skip' && readsClass && part === 'mlp' && level === 'token')
      return onPrefix(x, base, block, prefix)
    const alone = level === 'sample' || part === 'mlp'
    const split = pass.kind === 'train' && alone && !readsClass && !dropsInside
    const capacity = pass.kind === 'skip' ? pass.capacities?.[gate] : undefined
    const skipping = capacity === undefined ? 'skip' : 'bucket'
    const computed = pass.kind === 'skip' ? skipping : split ? 'apart' : 'masked'
    return throughGate(x, base, block, { dispatch, gate, level, form: computed, capacity })
  }
  /** Attn(LN1 x) + MLP(LN2 u) with u = x + Attn(LN1 x), and what is beside either. */
  const layerBlock =
    (part: LayerPart): Block =>
    (tokens, mix) => {
      const attended = joined(
        attend(part.attention)(tokens, mix),
        opened.beside?.('attn', tokens, part.attention),
      )
      const u = add(tokens, attended)
      return add(attended, joined(part.mlp.run(u), opened.beside?.('mlp', u, part.mlp)))
    }
  const hooks: ModelHooks = {
    ...opened.hooks,
    ...(options.dispatch === 'layer' && {
      layer: (x, part) => through('layer', x, part, layerBlock(part)),
    }),
    attention: (x, part) => through('attn', x, part, attend(part)),
    mlp: (x, part) => through('mlp', x, part, part.run),
  }
  return { hooks, dispatches, routes: opened.routes ?? [] }
}

/** Whether of what this layer gives only the class token is read: it is the last, and nothing but the head looks at it. */
function readsClassToken(pass: Pass, { index, config }: Place, hooks: ModelHooks): boolean {
  const asked = 'classTokenOnly' in pass && pass.classTokenOnly === true
  const readByHead = headOf(config).readsClassToken(config)
  return asked && index === config.depth - 1 && readByHead && hooks.leave === undefined
}

/** Patterns of the weights a method trains with these settings: its own, and those of gates that learn. */
export function trainedPatterns(tuner: Tuner, options: TunerOptions): readonly RegExp[] {
  const learns = options.dispatch !== 'none' && options.dispatchStrategy === 'learned'
  const all = tuner.trainable.some((pattern) => pattern.test('blocks.0.mlp_token_select'))
  return learns && !all ? [...tuner.trainable, /_token_select\./] : tuner.trainable
}

function joined(x: Tensor, beside: Tensor | undefined): Tensor {
  return beside === undefined ? x : add(x, beside)
}
