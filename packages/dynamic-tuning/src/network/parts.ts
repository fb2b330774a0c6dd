import type { ModelHooks } from '../models/hooks.ts'
import type { Model } from '../models/model.ts'
import type { ReductionOptions } from '../reduction/options.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'

/** What a network is put together from: `...modelOf(config)` for a classifier, and what is chosen beside it. */
export interface NetworkParts extends Model {
  /** Default: only the head is trained. */
  readonly tuner?: Tuner
  /** Default: the method's own. */
  readonly options?: TunerOptions
  /** Default: none, every token goes through all layers. */
  readonly reduction?: ReductionOptions | undefined
  /** More hooks, such as the patch dropout of pre-training. */
  readonly hooks?: ModelHooks
}

/** The same with every choice made. */
export interface ChosenParts extends Required<NetworkParts> {
  readonly reduction: ReductionOptions
}
