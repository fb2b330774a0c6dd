import { asVit } from '../models/backbone-config.ts'
import type { SampledBackbone } from '../models/model.ts'
import { dynamicvit } from './dynamicvit.ts'
import { evit } from './evit.ts'
import type { ReductionOptions } from './options.ts'
import type { Reduction, ReductionMode, ReductionPass } from './reduction.ts'
import { tome } from './tome.ts'

/** All token reductions, in display order. */
export const reductions: readonly Reduction[] = [tome, evit, dynamicvit]

/** The reduction named in `options`; undefined if none. */
export function reductionIn(options: ReductionOptions | undefined): Reduction | undefined {
  return reductions.find(({ name }) => name === options?.reduction)
}

/**
 * The hooks of the chosen reduction for a pass over a model; empty without one. They
 * do not overlap with a tuner's.
 */
export function openReduction(
  options: ReductionOptions | undefined,
  mode: ReductionMode,
  { config, sample }: SampledBackbone,
): ReductionPass {
  const reduction = reductionIn(options)
  if (options && reduction && mode !== 'off')
    return reduction.open(options, mode, { config: asVit(config), sample })
  return { hooks: {}, places: new Map(), records: new Map(), decisions: [] }
}
