import { patchCount, type VitConfig } from '../models/vit/vit-config.ts'
import { type KeepLayer, keepLayers } from '../reduction/keep-layers.ts'
import type { ReductionOptions } from '../reduction/options.ts'
import { keepRateAt, type Shrinking } from './schedules/keep-rate.ts'

/** Steps before `until`, which all keep the same numbers of tokens, so that one graph serves them. */
export interface ShrinkingStage {
  readonly until: number
  readonly reduction: ReductionOptions
}

/**
 * The stages of EViT's training while its keep rates fall, the last one with the final rates. A graph is for
 * certain numbers of tokens: there is a stage for each of those, some tens for a ViT, and not for each step.
 */
export function shrinkingStages(
  reduction: ReductionOptions,
  config: VitConfig,
  shrinking: Shrinking,
): [ShrinkingStage, ...ShrinkingStage[]] {
  const layers = keepLayers(reduction, config.depth, 'same')
  const end = shrinking.start + shrinking.steps
  const stages: ShrinkingStage[] = []
  let before = ''
  for (let step = 0; step < end; step++) {
    const at = layers.map(({ layer, rate }) => ({ layer, rate: keepRateAt(step, rate, shrinking) }))
    const kept = keptTokens(at, patchCount(config), reduction.evitFuse).join()
    const { reduction: same } = kept === before ? (stages.pop() ?? {}) : {}
    stages.push({ until: step + 1, reduction: same ?? withRates(reduction, at) })
    before = kept
  }
  const atEnd = keptTokens(layers, patchCount(config), reduction.evitFuse).join()
  if (atEnd === before) stages.pop()
  const last = { until: Number.POSITIVE_INFINITY, reduction }
  const [first = last, ...others] = stages
  return stages.length === 0 ? [last] : [first, ...others, last]
}

function withRates(reduction: ReductionOptions, layers: readonly KeepLayer[]): ReductionOptions {
  const [keepRate, reductionLayers] = [layers.map(({ rate }) => rate), layers.map(({ layer }) => layer)]
  return { ...reduction, keepRate, reductionLayers }
}

/** Tokens after each reducing layer, without the class token. */
function keptTokens(layers: readonly KeepLayer[], patches: number, fuse: boolean): number[] {
  let tokens = patches
  return layers.map(({ rate }) => {
    const count = Math.ceil(rate * tokens)
    if (count < tokens) tokens = fuse ? count + 1 : count
    return tokens
  })
}
