import type { dispatchVariants } from './parts.ts'

/** How a router's values become weights of its experts. */
export const routers = ['softmax', 'none'] as const
/** What a dispatcher decides on: each token, or all tokens of an image together. */
export const dispatchLevels = ['token', 'sample'] as const
/** How dispatchers decide: they learn, or let a random share of `rate` through. */
export const dispatchStrategies = ['learned', 'random'] as const

/** Settings of the modules a method adds. */
export interface ModuleOptions {
  /** d (or h), features inside an adapter, a convolutional bypass or a Res-Tuning unit. */
  readonly bottleneck: number
  /** s, factor of what an adapter, a convolutional bypass or FacT adds. */
  readonly adapterScale: number
  /** True if s is trained, one for each adapter, starting from `adapterScale`. */
  readonly learnableScale: boolean
  /** Share of an added module's inner features dropped while training. */
  readonly adapterDropout: number
  /** E, adapters that a router merges into one for each image (MoE-adapter); 1: a plain adapter. */
  readonly experts: number
  /** How the router's values become weights of the experts. */
  readonly router: (typeof routers)[number]
}

/** Settings of low-rank changes of weights. */
export interface LowRankOptions {
  /** r, rank of LoRA and FacT. */
  readonly rank: number
  /** alpha: LoRA adds alpha / r times its product. */
  readonly loraAlpha: number
}

/** Settings of prompts. */
export interface PromptOptions {
  /** P, prompt tokens in a layer. */
  readonly promptLength: number
}

/** Sizes of a NOAH sub-network, layer by layer; a list of one holds for all layers, 0 leaves the module out. */
export interface SubnetOptions {
  /** Prompt tokens that replace those of the layer before. */
  readonly visualPromptDim?: readonly number[] | undefined
  /** Rank of the change of query, key and value. */
  readonly loraDim?: readonly number[] | undefined
  /** Features inside the adapter after the MLP. */
  readonly adapterDim?: readonly number[] | undefined
  /** Sizes of the super-network, of whose weights leading slices are used; absent: each weight has just its own size. */
  readonly superDim?: number | undefined
}

/** Settings of token dispatch. */
export interface DispatchOptions {
  /** What tokens may skip: the MLP, the attention, each by a dispatcher of its own, or the layer. */
  readonly dispatch: (typeof dispatchVariants)[number]
  /** What is decided on, see `dispatchLevels`. */
  readonly dispatchLevel: (typeof dispatchLevels)[number]
  /** How dispatchers decide, in training and inference alike. */
  readonly dispatchStrategy: (typeof dispatchStrategies)[number]
  /** Numbers of the layers that dispatch; absent: all. */
  readonly dispatchLayers?: readonly number[] | undefined
  /** r, wanted share of active tokens. */
  readonly rate: number
  /** tau of the Gumbel-sigmoid, at the first step where it changes. */
  readonly temperature: number
  /** tau at the last step; absent: it stays. */
  readonly finalTemperature?: number | undefined
}

/** Settings of all methods; each reads those it needs. */
export interface TunerOptions
  extends ModuleOptions,
    LowRankOptions,
    PromptOptions,
    SubnetOptions,
    DispatchOptions {}

/** Settings of a method that adds nothing and dispatches nothing. */
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
