import type { ModelHooks } from '../models/hooks.ts'
import type { Model } from '../models/model.ts'
import type { ReductionOptions } from '../reduction/options.ts'
import type { Tuner, TunerOptions } from '../tuners/tuner.ts'

/** The parts of a network: a model (`...modelOf(config)` for a classifier) and what is combined with it. */
export interface NetworkParts extends Model {
  /** Default: only the head is trained. */
  readonly tuner?: Tuner
  /** Default: those of the method. */
  readonly options?: TunerOptions
  /** Default: none; every token goes through all layers. */
  readonly reduction?: ReductionOptions | undefined
  /**
   * Chance that an image skips attention or MLP of the last layer in training (drop path, arXiv:1603.09382),
   * rising linearly from 0 in the first. Default 0.
   */
  readonly dropPath?: number | undefined
  /** Additional hooks, such as the patch dropout of pre-training. */
  readonly hooks?: ModelHooks
}

/** The same parts with all defaults filled in. */
export interface ChosenParts extends Required<NetworkParts> {
  readonly reduction: ReductionOptions
  readonly dropPath: number
}
