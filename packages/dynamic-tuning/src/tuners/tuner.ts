import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import type { AttentionPart, LayerPart, MlpPart, ModelHooks } from '../models/hooks.ts'
import type { AttentionMix } from '../nn/self-attention.ts'
import type { UsedOption } from './method-options.ts'
import { plainOptions, type TunerOptions } from './options.ts'
import type { Part } from './parts.ts'

export { plainOptions, type TunerOptions } from './options.ts'

/**
 * The kind of a forward pass.
 * `train`: every token goes through every block; gates are drawn with noise and applied as masks.
 * `masked`: the same, but gates decide as in inference.
 * `skip`: only active tokens are computed.
 * `complete`: every gate is open.
 */
export type Pass =
  | {
      readonly kind: 'train'
      /** True if the last layer computes only what the head reads. */
      readonly classTokenOnly?: boolean | undefined
      /** G1 - G2, [D, B, n, 1] for D gates with n decisions per image. */
      readonly noise: Tensor
      /** tau, if it changes from step to step, []. */
      readonly temperature?: Tensor | undefined
      readonly dropout?: Dropout | undefined
      /** As in `dropPathInput`. */
      readonly dropPath?: Tensor | undefined
    }
  | {
      readonly kind: 'complete'
      readonly dropout?: Dropout | undefined
      readonly dropPath?: Tensor | undefined
    }
  | {
      readonly kind: 'masked' | 'skip'
      readonly classTokenOnly?: boolean | undefined
      /** Smallest gate probability of an active token, [D]. Default: 0.5. */
      readonly threshold?: Tensor | undefined
      /** Noise as in training; required for random dispatch. */
      readonly noise?: Tensor | undefined
      /** How much of the block behind each gate remains, [D]. Default: all are dispatched. */
      readonly blocks?: readonly BlockForm[] | undefined
      /**
       * Fixed number of active patch tokens of an image that fit at each gate, [D]; tokens
       * beyond it are lost. For devices on which variable sizes are slow; token level only.
       * Default: lists of variable length.
       */
      readonly capacities?: readonly number[] | undefined
    }

/**
 * What remains of a block behind a gate. `dispatched`: the block as trained; `prefix`: it runs for class and
 * register tokens only, as if the gate let no patch token through (at sample level, where these follow the
 * gate too, nothing remains); `dropped`: it is removed for all tokens.
 */
export type BlockForm = 'dispatched' | 'prefix' | 'dropped'

/** The decisions of one dispatcher: n = N patch tokens, or 1 for the whole image. */
export interface Dispatch {
  readonly layer: number
  readonly part: Part
  /** Dispatcher logits without noise, [B, n]. */
  readonly logits: Tensor
  /** Gate probabilities [B, n]; in training with noise and temperature. */
  readonly soft: Tensor
  /** 0 or 1 [B, n]; carries the gradient of `soft`. */
  readonly mask: Tensor
}

/** What a method does in one pass over a model. */
export interface TunerPass {
  readonly hooks: ModelHooks
  /**
   * What to add parallel to a part of a layer, for every token and independent of dispatch: [..., C] like x.
   */
  beside?(part: Part, x: Tensor, place: AttentionPart | MlpPart | LayerPart): Tensor | undefined
  /** Replaces plain attention in a layer where all tokens are computed. */
  mix?(place: AttentionPart): AttentionMix
  /** Weights [B, E] of the experts of each MoE-adapter, filled while the model is built. */
  readonly routes?: readonly Tensor[]
}

/** The slots where a method drops features in training. */
export interface DropoutSites {
  /** Number of slots in a layer. */
  readonly perLayer: number
  /** The largest number of features of a slot. */
  features(config: BackboneConfig): number
}

/** Dropout factors, and which of them belong to the method. */
export interface Dropout extends Pick<DropoutSites, 'perLayer'> {
  /** [L * perLayer, B, T, F], layer by layer, for at most T tokens and F features. */
  readonly factors: Tensor
  /** The method's first slot in a layer. */
  readonly first: number
}

/** Weights by name. */
export type Tensors = ReadonlyMap<string, TensorData>

/** A tuning method: where it is inserted, what it trains, how it starts, and how many parameters it has. */
export interface Tuner {
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  /** arXiv number of the paper. */
  readonly paper?: string
  /** What it computes, as one line of plain text; u, a, v, f are norm, attention, norm and MLP of a layer. */
  readonly equation: string
  /** Patterns of the weights it trains; all others are frozen. Learned gates are trained in addition. */
  readonly trainable: readonly RegExp[]
  readonly defaults: TunerOptions
  /** Settings it reads besides those of dispatch. */
  readonly uses: readonly UsedOption[]
  /** Multiplies the usual learning rate (full tuning uses a tenth, Table 14). */
  readonly learningRateFactor: number
  /** True if an untrained model with this method computes the same as the base model. */
  readonly startsAsBase: boolean
  /** What it changes; two methods of the same family cannot be combined. */
  readonly family: string
  /** The formula of `parameterCount`: L layers, D features, m MLP ratio, h bottleneck, r rank, P prompts. */
  readonly parameterFormula: string
  /** Number of parameters it trains, without head and dispatchers. */
  parameterCount(config: BackboneConfig, options: TunerOptions): number
  /** The slots where it drops features in training; undefined if there are none. */
  dropoutSites(options: TunerOptions): DropoutSites | undefined
  /** Number of prompt tokens between class token and patches in a layer. */
  promptsAt(options: TunerOptions, layer: number): number
  /** Why it does not support these settings, whatever the model; undefined if it does. */
  refuses(options: TunerOptions): string | undefined
  /** Why it does not support this model; undefined if it does. */
  refusesModel(config: BackboneConfig, options: TunerOptions): string | undefined
  /** Why all tokens of an image must stay in place for this method; undefined if tokens may be removed. */
  needsAllTokens(options: TunerOptions): string | undefined
  open(options: TunerOptions, pass: Pass): TunerPass
  /**
   * Folds the method's weights into the dense ones without changing the results, and returns all
   * weights; absent if impossible.
   */
  merge?(tensors: Tensors, config: BackboneConfig, options: TunerOptions): Map<string, TensorData>
  /** Settings of what remains after `merge`, if the method cannot be folded completely. */
  leftAfterMerge?(options: TunerOptions): TunerOptions
  /** The methods it combines, if it is `one+another`. */
  readonly parts?: readonly Tuner[]
}

type Always = 'name' | 'summary' | 'equation' | 'trainable' | 'parameterFormula' | 'parameterCount'

/** Makes a method from its own properties and defaults for the rest. */
export function defineTuner(
  tuner: Pick<Tuner, Always> &
    Partial<Omit<Tuner, 'defaults'>> & { readonly defaults?: Partial<TunerOptions> },
): Tuner {
  return {
    learningRateFactor: 1,
    uses: [],
    startsAsBase: true,
    family: tuner.name,
    dropoutSites: () => undefined,
    promptsAt: () => 0,
    refuses: () => undefined,
    refusesModel: () => undefined,
    needsAllTokens: () => undefined,
    open: () => ({ hooks: {} }),
    ...tuner,
    defaults: { ...plainOptions, ...tuner.defaults },
  }
}
