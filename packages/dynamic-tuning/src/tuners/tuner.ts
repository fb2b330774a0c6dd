import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import type { AttentionPart, LayerPart, MlpPart, ModelHooks } from '../models/hooks.ts'
import type { AttentionMix } from '../nn/self-attention.ts'
import type { UsedOption } from './method-options.ts'
import { plainOptions, type TunerOptions } from './options.ts'
import type { Part } from './parts.ts'

export { plainOptions, type TunerOptions } from './options.ts'

/**
 * How a forward pass is meant. `train`: every token through every block, gates drawn with noise and applied as masks;
 * `masked`: the same with the gates of inference; `skip`: only active tokens are computed; `complete`: every gate open.
 */
export type Pass =
  | {
      readonly kind: 'train'
      /** That nothing but the class token's logits is computed from what the last layer gives. */
      readonly classTokenOnly?: boolean | undefined
      /** G1 - G2, [D, B, n, 1] for D gates and n decisions of each on an image. */
      readonly noise: Tensor
      /** tau where it changes from step to step, []. */
      readonly temperature?: Tensor | undefined
      readonly dropout?: Dropout | undefined
    }
  | { readonly kind: 'complete'; readonly dropout?: Dropout | undefined }
  | {
      readonly kind: 'masked' | 'skip'
      readonly classTokenOnly?: boolean | undefined
      /** Least gate probability that makes a token active, [D]; 0.5 where absent. */
      readonly threshold?: Tensor | undefined
      /** As in training; random dispatch needs it. */
      readonly noise?: Tensor | undefined
      /** What becomes of the block behind each gate, [D]; all are dispatched where absent. */
      readonly blocks?: readonly BlockForm[] | undefined
      /**
       * Active patch tokens of an image that each gate has room for, [D]: skipping with fixed sizes, for devices without fast
       * dynamic ones. More than that are lost. Token level only; lists as long as needed where absent.
       */
      readonly capacities?: readonly number[] | undefined
    }

/**
 * A block behind a gate: `dispatched` as trained; `prefix`, kept for class and register tokens alone, as if the gate let no
 * patch token through (at sample level, where those follow the gate too, nothing is left); `dropped`, left out for all.
 */
export type BlockForm = 'dispatched' | 'prefix' | 'dropped'

/** What one dispatcher decided: n = N patch tokens, or 1 for the whole image. */
export interface Dispatch {
  readonly layer: number
  readonly part: Part
  /** Bare dispatcher logits [B, n]. */
  readonly logits: Tensor
  /** Gate probabilities [B, n], with noise and temperature in training. */
  readonly soft: Tensor
  /** 0 or 1 [B, n]; carries the gradient of `soft`. */
  readonly mask: Tensor
}

/** What a method does in one pass over a model. */
export interface TunerPass {
  readonly hooks: ModelHooks
  /** What is added beside a part of a layer, for every token, whatever dispatch does to the part: [..., C] of x. */
  beside?(part: Part, x: Tensor, place: AttentionPart | MlpPart | LayerPart): Tensor | undefined
  /** What stands in for plain attention in a layer, where all tokens are computed. */
  mix?(place: AttentionPart): AttentionMix
  /** Weights [B, E] that each MoE-adapter gave its experts, once the model has been built. */
  readonly routes?: readonly Tensor[]
}

/** Where a method drops features while training. */
export interface DropoutSites {
  /** Places in a layer. */
  readonly perLayer: number
  /** Most features at one of them. */
  features(config: BackboneConfig): number
}

/** Factors of dropped features, and which of them are a method's. */
export interface Dropout extends Pick<DropoutSites, 'perLayer'> {
  /** [L * perLayer, B, T, F], layer by layer: T tokens and F features at most. */
  readonly factors: Tensor
  /** Of the places in a layer, the method's first. */
  readonly first: number
}

/** Weights by name. */
export type Tensors = ReadonlyMap<string, TensorData>

/** A tuning method: where it sits, what it trains, how it starts, how many parameters it has. */
export interface Tuner {
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  /** arXiv number of the paper. */
  readonly paper?: string
  /** What it computes, in one line of plain text; u, a, v, f are norm, attention, norm and MLP of a layer. */
  readonly equation: string
  /** Names of the weights it trains; all else is frozen. Gates are trained by every method that dispatches. */
  readonly trainable: readonly RegExp[]
  readonly defaults: TunerOptions
  /** Settings it reads, beside those of dispatch. */
  readonly uses: readonly UsedOption[]
  /** Factor of the usual learning rate (full tuning takes a tenth, Table 14). */
  readonly learningRateFactor: number
  /** Whether a new one computes what the base model does. */
  readonly startsAsBase: boolean
  /** What it changes; two methods that change the same thing do not go together. */
  readonly family: string
  /** The formula of `parameterCount`: L layers, D features, m MLP ratio, h bottleneck, r rank, P prompts. */
  readonly parameterFormula: string
  /** Parameters it trains, head and dispatchers excluded. */
  parameterCount(config: BackboneConfig, options: TunerOptions): number
  /** Where it drops features in training; undefined: nowhere. */
  dropoutSites(options: TunerOptions): DropoutSites | undefined
  /** Prompt tokens there are in a layer, between class token and patches. */
  promptsAt(options: TunerOptions, layer: number): number
  /** Why it cannot go with these settings, whatever the model; undefined where it can. */
  refuses(options: TunerOptions): string | undefined
  /** Why it cannot go with this model; undefined where it can. */
  refusesModel(config: BackboneConfig, options: TunerOptions): string | undefined
  /** Why it needs every token of the image in its place, so that none may be taken away; undefined where it works on any. */
  needsAllTokens(options: TunerOptions): string | undefined
  open(options: TunerOptions, pass: Pass): TunerPass
  /** All weights with the method's own folded into the dense ones, which compute the same; absent where that is impossible. */
  merge?(tensors: Tensors, config: BackboneConfig, options: TunerOptions): Map<string, TensorData>
  /** Settings of what is left of it after `merge`, where it is not folded as a whole. */
  leftAfterMerge?(options: TunerOptions): TunerOptions
  /** The methods it is joined from, where it is `one+another`. */
  readonly parts?: readonly Tuner[]
}

type Always = 'name' | 'summary' | 'equation' | 'trainable' | 'parameterFormula' | 'parameterCount'

/** A method from what sets it apart; the rest is plain. */
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
