import type { Tensor } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { LayerSizes } from './layer-sizes.ts'
import type { Sites } from './sites.ts'
import type { Tap, Taps } from './taps.ts'

/** Tensors of a graph by name, such as a network's outputs. */
export type Named = Readonly<Record<string, Tensor>>

/** Outputs of a head with logits, [B, K] for each sample or [B, K, h, w] for its places. */
export type LogitOutputs = Named & { readonly logits: Tensor }

/** The tokens of one tap. */
export interface Tapped {
  readonly tap: Tap
  readonly tokens: Tensor
  /** Sizes of their layer: features, grid of the patches, tokens before them. */
  readonly sizes: LayerSizes
}

/** What a head is built with. */
export interface HeadPlace {
  /** Weights of the whole model, from its root. */
  readonly weights: Weights
  /** Hooks of methods after norms. */
  readonly sites: Sites
  /** True in a training pass. */
  readonly training: boolean
}

/**
 * The part of a model on top of the backbone, for any task: it reads stages of the backbone and builds
 * its own outputs, such as `logits`. The I images are those of B samples, with equally many images each,
 * sample by sample.
 */
export interface Head<O extends Named = Named> {
  /** K, the number of classes. */
  readonly classes: number
  /** The tokens that it reads from the backbone. */
  readonly reads: Taps
  /**
   * Names of its own weights: every method trains them, and tables do not count them as the method's. Buffers
   * need no pattern, and are not trained if one matches.
   */
  readonly own: readonly RegExp[]
  /** Why no token may be merged or dropped before it; absent if it works on any number of tokens. */
  readonly needsAllTokens?: string | undefined
  /**
   * What it drops in training passes: the share, by the name of the graph input with the factors, which has
   * shape [1, I, ...]; each factor is 0 or 1 / (1 - share).
   */
  readonly drops?: Readonly<Record<string, number>>
  /** Images that a training pass needs, such as those of a batch norm over single values. Default 1. */
  readonly leastImages?: number
  /** Bytes of activations per image in training, beside the backbone's. Default 0. */
  readonly trainingBytes?: number
  /** Names of the outputs that inference returns and files export. Default: `logits`. */
  readonly results?: readonly string[]
  /** Builds its outputs, [B, ...] each, by name. `taps` are in the order of `reads`. */
  build(taps: readonly Tapped[], place: HeadPlace): O
}

/** The only tap of a head. @throws Error if there is not exactly one, a mistake of the caller */
export function onlyTap([first, ...others]: readonly Tapped[]): Tapped {
  if (first && others.length === 0) return first
  throw new Error('head: expected the tokens of one tap. Give as many as the head reads.')
}

/** The outputs that inference returns, by name. @throws ConfigError if the head does not give one of them */
export function resultsOf({ results = ['logits'] }: Pick<Head, 'results'>, outputs: Named): Named {
  return Object.fromEntries(results.map((name) => [name, outputOf(outputs, name)]))
}

/** One of a head's outputs. @throws ConfigError if the head does not have it */
export function outputOf(outputs: Named, name: string): Tensor {
  const found = outputs[name]
  if (found) return found
  throw new ConfigError(
    `head: it gives no ${name}, only ${Object.keys(outputs).join(', ')}. Use a model with another head.`,
  )
}
