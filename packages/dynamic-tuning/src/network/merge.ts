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
  const sized = withStoredBiases(config, merged)
  return { network: networkOf({ ...network, ...leftAfterMerge(network), config: sized }), tensors: merged }
}

/** The method and settings that remain once all that can be folded is part of the dense weights. */
export function leftAfterMerge({ tuner, options }: Network): Pick<Network, 'tuner' | 'options'> {
  const left = partsOf(tuner).filter((part) => part.merge === undefined || part.leftAfterMerge)
  return {
    tuner: joined(left),
    options: left.reduce((all, part) => part.leftAfterMerge?.(all) ?? all, options),
  }
}

function joined(left: readonly Tuner[]): Tuner {
  const [first, ...others] = left
  if (first === undefined) return linearProbe
  return others.length === 0 ? first : joinTuners(left)
}

const partsOf = (tuner: Tuner): readonly Tuner[] => tuner.parts ?? [tuner]
