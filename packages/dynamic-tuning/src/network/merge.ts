import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { withStoredBiases } from '../models/families.ts'
import { joinTuners } from '../tuners/compose.ts'
import { linearProbe } from '../tuners/linear.ts'
import type { Tensors, Tuner } from '../tuners/tuner.ts'
import { type Network, network as networkOf } from './network.ts'

/** A tuned network and all its weights. */
export interface TunedWeights {
  readonly network: Network
  readonly tensors: Tensors
}

/** True if at least one part of the method can be folded into the dense weights. */
export function canMerge(tuner: Tuner): boolean {
  return partsOf(tuner).some((part) => part.merge !== undefined)
}

/**
 * Folds the method into the dense weights. What remains is a plain backbone with its dispatchers, if any, and
 * those parts of a joined method that cannot be folded.
 * @throws ConfigError if nothing can be folded
 */
export function mergeTuned({ network, tensors }: TunedWeights): TunedWeights {
  const { config, tuner, options } = network
  if (!canMerge(tuner))
    throw new ConfigError(
      `merge: ${tuner.name} cannot be folded into the weights, it computes what no dense map does. Leave it as it is.`,
    )
  let merged = new Map<string, TensorData>(tensors)
  for (const { merge } of partsOf(tuner)) merged = merge?.(merged, config, options) ?? merged
  const left = partsOf(tuner).filter(({ merge, leftAfterMerge }) => merge === undefined || leftAfterMerge)
  const rest = left.reduce((all, { leftAfterMerge }) => leftAfterMerge?.(all) ?? all, options)
  const sized = withStoredBiases(config, merged)
  return {
    network: networkOf({ ...network, config: sized, tuner: joined(left), options: rest }),
    tensors: merged,
  }
}

function joined(left: readonly Tuner[]): Tuner {
  const [first, ...others] = left
  if (first === undefined) return linearProbe
  return others.length === 0 ? first : joinTuners(left)
}

const partsOf = (tuner: Tuner): readonly Tuner[] => tuner.parts ?? [tuner]
