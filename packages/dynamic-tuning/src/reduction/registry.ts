import { headPatterns } from '../models/heads/registry.ts'
import type { VitConfig } from '../models/vit-config.ts'
import { trainedPatterns } from '../tuners/tune.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'
import { dynamicvit } from './dynamicvit.ts'
import { evit } from './evit.ts'
import type { ReductionOptions } from './options.ts'
import type { Reduction, ReductionMode, ReductionPass } from './reduction.ts'
import { tome } from './tome.ts'

/** All token reductions, in the order in which they are shown. */
export const reductions: readonly Reduction[] = [tome, evit, dynamicvit]

/** The reduction that `options` name; undefined for none. */
export function reductionIn(options: ReductionOptions | undefined): Reduction | undefined {
  return reductions.find(({ name }) => name === options?.reduction)
}

/** A reduction's hooks for a pass over a model; none without a reduction. They fill other places than a tuner's. */
export function openReduction(
  options: ReductionOptions | undefined,
  mode: ReductionMode,
  config: VitConfig,
): ReductionPass {
  const reduction = reductionIn(options)
  if (options && reduction && mode !== 'off') return reduction.open(options, mode, config)
  return { hooks: {}, places: new Map(), records: new Map(), decisions: [] }
}

/** How inference treats tokens: `complete` opens everything. */
export function inferenceMode(pass: 'skip' | 'masked' | 'complete'): ReductionMode {
  return pass === 'complete' ? 'off' : pass === 'masked' ? 'mask' : 'reduce'
}

/** How a training pass treats them. */
export function trainingMode(options: ReductionOptions | undefined): ReductionMode {
  return options ? (reductionIn(options)?.trainingMode(options) ?? 'off') : 'off'
}

/** Patterns of the weights of a model that a method and a reduction train together, those of its head among them. */
export function patternsWith(
  tuner: Tuner,
  options: TunerOptions,
  reduction: ReductionOptions | undefined,
  config: VitConfig,
): readonly RegExp[] {
  const patterns = [...trainedPatterns(tuner, options), ...headPatterns(config)]
  const all = patterns.some((pattern) => pattern.test('predictor.0.fc_in.weight'))
  return all ? patterns : [...patterns, ...(reductionIn(reduction)?.trainable ?? [])]
}
