import type { dispatchVariants } from './parts.ts'

/** How a router's values become weights of the experts. */
export const routers = ['softmax', 'none'] as const
/** The unit of dispatch: each token, or all tokens of an image together. */
export const dispatchLevels = ['token', 'sample'] as const
/** How dispatchers decide: by learned logits, or at random with probability `rate`. */
export const dispatchStrategies = ['learned', 'random'] as const

/** Settings of the modules that a method adds. */
export interface ModuleOptions {
  /** d (or h), inner features of an adapter, a convolutional bypass or a Res-Tuning unit. */
  readonly bottleneck: number
  /** s, the factor on the output of an adapter, a convolutional bypass or FacT. */
  readonly adapterScale: number
  /** True if s is trained for each adapter, starting from `adapterScale`. */
  readonly learnableScale: boolean
  /** Share of a module's inner features that is dropped in training. */
  readonly adapterDropout: number
  /** E, number of adapters that a router merges into one for each image (MoE-adapter). 1: a plain adapter. */
  readonly experts: number
  /** How the router's values become weights of the experts. */
  readonly router: (typeof routers)[number]
}

/** Settings of low-rank changes to weights. */
export interface LowRankOptions {
  /** r, the rank of LoRA and FacT. */
  readonly rank: number
  /** alpha: LoRA scales its product by alpha / r. */
  readonly loraAlpha: number
}

/** Settings of prompts. */
export interface PromptOptions {
  /** P, number of prompt tokens in a layer. */
  readonly promptLength: number
}

/** Sizes of a NOAH sub-network, layer by layer. A list of one holds for all layers; 0 omits the module. */
export interface SubnetOptions {
  /** Number of prompt tokens that replace those of the previous layer. */
  readonly visualPromptDim?: readonly number[] | undefined
  /** Rank of the change of query, key and value. */
  readonly loraDim?: readonly number[] | undefined
  /** Inner features of the adapter after the MLP. */
  readonly adapterDim?: readonly number[] | undefined
  /**
   * R, the size of the super-network's weights, whose leading slices are used. Default:
   * each weight has its own size.
   */
  readonly superDim?: number | undefined
}

/** Settings of token dispatch. */
export interface DispatchOptions {
  /** What tokens may skip: the MLP, the attention, both with separate dispatchers, or the whole layer. */
  readonly dispatch: (typeof dispatchVariants)[number]
  /** The unit of dispatch, see `dispatchLevels`. */
  readonly dispatchLevel: (typeof dispatchLevels)[number]
  /** How dispatchers decide, in both training and inference. */
  readonly dispatchStrategy: (typeof dispatchStrategies)[number]
  /** Layers that dispatch, from 0. Default: all. */
  readonly dispatchLayers?: readonly number[] | undefined
  /** r, the target share of active tokens. */
  readonly rate: number
  /** tau of the Gumbel-sigmoid; if it changes during training, the initial value. */
  readonly temperature: number
  /** tau at the last step. Default: tau does not change. */
  readonly finalTemperature?: number | undefined
}

/** Settings of all methods; each method reads those it needs. */
export interface TunerOptions
  extends ModuleOptions,
    LowRankOptions,
    PromptOptions,
    SubnetOptions,
    DispatchOptions {}

/** Settings of a method that adds nothing and does not dispatch. */
export const plainOptions: TunerOptions = {
  bottleneck: 0,
  adapterScale: 0,
  learnableScale: false,
  adapterDropout: 0,
  experts: 1,
  router: 'softmax',
  rank: 0,
  loraAlpha: 0,
  promptLength: 0,
  dispatch: 'none',
  dispatchLevel: 'token',
  dispatchStrategy: 'learned',
  rate: 1,
  temperature: 5,
}
