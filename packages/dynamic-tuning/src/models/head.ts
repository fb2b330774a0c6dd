import type { Tensor } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import type { Weights } from '../nn/weight-store.ts'
import type { LayerSizes } from './layer-sizes.ts'
import type { Sites } from './sites.ts'
import type { Tap, Taps } from './taps.ts'

/** Tensors of a graph by name, such as a network's outputs. */
export type Named = Readonly<Record<string, Tensor>>

/** The tokens of one tap. */
export interface Tapped {
  readonly tap: Tap
  readonly tokens: Tensor
  /** Sizes of their layer: features, grid of the patches, tokens before them. */
  readonly sizes: LayerSizes
}

/** Where a head is built. */
export interface HeadPlace {
  /** Weights of the whole model, from its root. */
  readonly weights: Weights
  /** The hooks of methods after norms. */
  readonly sites: Sites
  /** True in a pass of training. */
  readonly training: boolean
}

/**
 * What stands on a backbone, for any task: it reads stages of the backbone and builds its own outputs from them, such as
 * `logits`. I images are B samples of as many images each, one sample after the other.
 */
export interface Head<O extends Named = Named> {
  /** Classes that it tells apart, K. */
  readonly classes: number
  /** What it reads of the backbone. */
  readonly reads: Taps
  /** Names of its own weights: every method trains them, and no table counts them as a method's. */
  readonly own: readonly RegExp[]
  /** Why no token may be merged or dropped before it; absent where it works on whatever tokens are left. */
  readonly needsAllTokens?: string | undefined
  /** Its outputs by name, [B, ...] each. `taps` are in the order of `reads`. */
  build(taps: readonly Tapped[], place: HeadPlace): O
}

/** True for a weight of the head itself. */
export function isOwn({ own }: Pick<Head, 'own'>, name: string): boolean {
  return own.some((pattern) => pattern.test(name))
}

/** What a head with a single tap reads. @throws Error for another number of them, a mistake of the caller */
export function onlyTap([first, ...others]: readonly Tapped[]): Tapped {
  if (first && others.length === 0) return first
  throw new Error('head: expected the tokens of one tap. Give as many as the head reads.')
}

/** One of a head's outputs. @throws ConfigError where the head does not give it */
export function outputOf(outputs: Named, name: string): Tensor {
  const found = outputs[name]
  if (found) return found
  throw new ConfigError(
    `head: it gives no ${name}, only ${Object.keys(outputs).join(', ')}. Use a model with another head.`,
  )
}
