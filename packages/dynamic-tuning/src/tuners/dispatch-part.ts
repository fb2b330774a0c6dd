import { add, type Tensor } from '@dynamic-tuning/engine'
import { depthOf } from '../models/families.ts'
import type { AttentionPart, LayerPart, MlpPart, Place } from '../models/hooks.ts'
import { readsClassToken } from '../models/taps.ts'
import { dropPathFactor } from './drop-path.ts'
import { closedGate, decide, type GatedPass } from './gate.ts'
import { type Block, type GatedForm, onPrefix, throughGate, times } from './gated.ts'
import { dispatchedParts, type Part } from './parts.ts'
import type { Dispatch, Pass, Tuner, TunerOptions, TunerPass } from './tuner.ts'

/** A method in one pass, and the list that collects the decisions of all gates. */
export interface Tuning {
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly pass: Pass
  readonly opened: TunerPass
  readonly dispatches: Dispatch[]
}

/** A part of a layer, with its weights. */
type PartPlace = AttentionPart | MlpPart | LayerPart

/** x + M * Block(x) + A(x) for one part of a layer. x: [B, N, C] -> [B, N, C]. */
type PartDispatch = (part: Part, x: Tensor, place: PartPlace, block: Block) => Tensor

/**
 * Returns the function that runs one part of a layer in this pass: it adds what the method computes parallel
 * to the part and applies the part's gate, if it has one.
 */
export function dispatchPart(tuning: Tuning): PartDispatch {
  const { opened, pass, options } = tuning
  return (part, x, place, block) => {
    const added = opened.beside?.(part, x, place)
    const base = added === undefined ? x : add(x, added)
    // A layer's attention and MLP are dropped one by one, inside its block.
    const factor = part === 'layer' ? undefined : dropPathOf(pass, place, part)
    if (pass.kind === 'complete' || !hasGate(options, part, place)) return add(base, times(block(x), factor))
    return gatedPart(x, base, block, { ...tuning, pass, part, place, factor })
  }
}

/** The factors of drop path for attention or MLP of a layer in this pass, [B, 1, 1]; undefined without it. */
export function dropPathOf(pass: Pass, { index }: Place, branch: 'attn' | 'mlp'): Tensor | undefined {
  const factors = 'dropPath' in pass ? pass.dropPath : undefined
  return factors && dropPathFactor(factors, index, branch)
}

function hasGate({ dispatch, dispatchLayers }: TunerOptions, part: Part, { index }: Place): boolean {
  const parts: readonly Part[] = dispatchedParts[dispatch]
  return parts.includes(part) && (dispatchLayers?.includes(index) ?? true)
}

/** A part with a gate, in a pass whose gates may be closed. */
interface GatedPart extends Tuning {
  readonly pass: GatedPass
  readonly part: Part
  readonly place: PartPlace
  /** Factors of the block's output, [B, 1, 1]. */
  readonly factor: Tensor | undefined
}

/** base + M * block(x), in the form that the pass requires. */
function gatedPart(x: Tensor, base: Tensor, block: Block, gated: GatedPart): Tensor {
  const { tuner, options, pass, part, place, dispatches, factor } = gated
  const gate = dispatches.length
  const prefix = place.sizes.prefix + tuner.promptsAt(options, place.index)
  const own = { number: gate, part, prefix }
  const kept = pass.kind === 'train' ? 'dispatched' : (pass.blocks?.[gate] ?? 'dispatched')
  if (kept !== 'dispatched') {
    dispatches.push(closedGate(x, place, own, options))
    const ofPrefix = kept === 'prefix' && options.dispatchLevel === 'token'
    return ofPrefix ? onPrefix(x, base, block, prefix) : base
  }
  const dispatch = decide(x, place, own, options, pass)
  dispatches.push(dispatch)
  const { dispatchLevel: level } = options
  const capacity = pass.kind === 'skip' ? pass.capacities?.[gate] : undefined
  const form = formOf(gated, capacity)
  return form === 'prefix'
    ? onPrefix(x, base, block, prefix)
    : throughGate(x, base, block, { dispatch, gate, level, form, capacity, factor })
}

/** How to compute a gated block; `prefix` means for the tokens before the patches only. */
function formOf(gated: GatedPart, capacity: number | undefined): GatedForm | 'prefix' {
  const { options, pass, part, opened } = gated
  const level = options.dispatchLevel
  const classTokenOnly = usesClassToken(gated)
  if (pass.kind === 'skip') {
    if (classTokenOnly && part === 'mlp' && level === 'token') return 'prefix'
    return capacity === undefined ? 'skip' : 'bucket'
  }
  // Factors inside a block have one row per token or image, so the block cannot run on a subset of them.
  const inside = Object.keys(opened.hooks).length > 0
  const dropsInside =
    pass.kind === 'train' &&
    ((pass.dropout !== undefined && inside) || (pass.dropPath !== undefined && part === 'layer'))
  const alone = level === 'sample' || part === 'mlp'
  return pass.kind === 'train' && alone && !classTokenOnly && !dropsInside ? 'apart' : 'masked'
}

/**
 * True if only the class token of this layer is used: it is the last layer, and
 * the head reads no other token.
 */
function usesClassToken({ pass, place: { index, config, reads }, opened }: GatedPart): boolean {
  if (pass.classTokenOnly !== true || opened.hooks.leave !== undefined) return false
  const depth = depthOf(config)
  return index === depth - 1 && readsClassToken(reads, depth)
}
