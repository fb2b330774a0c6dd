import type { TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { withStoredBiases } from '../models/families.ts'
import type { ModelConfig } from '../models/model-config.ts'
import { joinTuners } from './compose.ts'
import { linearProbe } from './linear.ts'
import type { Tensors, Tuner, TunerOptions } from './tuner.ts'

/** A tuned model: its sizes, its method and all its weights. */
export interface TunedWeights {
  readonly config: ModelConfig
  readonly tuner: Tuner
  readonly options: TunerOptions
  readonly tensors: Tensors
}

/** Whether something of the method can be folded into the dense weights. */
export function canMerge(tuner: Tuner): boolean {
  return partsOf(tuner).some((part) => part.merge !== undefined)
}

/**
 * The same model with the method folded into the dense weights: a plain ViT with its dispatchers, if it has any. Of a joined
 * method only the parts that cannot be folded stay.
 * @throws ConfigError where nothing can be folded
 */
export function mergeTuned({ config, tuner, options, tensors }: TunedWeights): TunedWeights {
  if (!canMerge(tuner))
    throw new ConfigError(
      `merge: ${tuner.name} cannot be folded into the weights, it computes what no dense map does. Leave it as it is.`,
    )
  let merged = new Map<string, TensorData>(tensors)
  for (const { merge } of partsOf(tuner)) merged = merge?.(merged, config, options) ?? merged
  const left = partsOf(tuner).filter(({ merge, leftAfterMerge }) => merge === undefined || leftAfterMerge)
  const rest = left.reduce((all, { leftAfterMerge }) => leftAfterMerge?.(all) ?? all, options)
  const sized = withStoredBiases(config, merged)
  return { config: sized, tuner: joined(left), options: rest, tensors: merged }
}

function joined(left: readonly Tuner[]): Tuner {
  if (left.length === 0) return linearProbe
  return left.length === 1 ? (left[0] as Tuner) : joinTuners(left)
}

const partsOf = (tuner: Tuner): readonly Tuner[] => tuner.parts ?? [tuner]
