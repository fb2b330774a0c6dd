import type { Tensor } from '@dynamic-tuning/engine'
import { buildModel } from '../models/families.ts'
import type { ModelOutputs } from '../models/hooks.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import type { KeepDecision, ReductionMode } from '../reduction/reduction.ts'
import { openReduction } from '../reduction/registry.ts'
import { tune } from '../tuners/tune.ts'
import type { Dispatch, Pass } from '../tuners/tuner.ts'
import type { ObjectiveSettings } from './objective.ts'

/** A model in one pass of training, with what gates and predictors decided. */
export interface TunedOutputs extends ModelOutputs {
  readonly dispatches: readonly Dispatch[]
  readonly decisions: readonly KeepDecision[]
}

/** Builds a pass; `mode` says what becomes of tokens that a reduction would take away. */
export function forward(
  store: WeightStore,
  images: Tensor,
  { config, tuner, options, reduction, hooks }: ObjectiveSettings,
  pass: Pass,
  mode: ReductionMode = 'off',
): TunedOutputs {
  const opened = tune(tuner, options, pass)
  const reducing = openReduction(reduction, mode, config)
  const outputs = buildModel(images, store, config, { ...hooks, ...opened.hooks, ...reducing.hooks })
  return { ...outputs, dispatches: opened.dispatches, decisions: reducing.decisions }
}
