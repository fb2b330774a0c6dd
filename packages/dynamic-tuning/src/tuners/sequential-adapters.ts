import { add, gelu, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import { bottleneck } from '../nn/bottleneck.ts'
import { dropped } from './dropout.ts'
import type { DropoutSites, Pass, TunerOptions, TunerPass } from './tuner.ts'

/** Where sequential adapters sit: after which parts of a layer, and under which name in it. */
export type AdapterNames = readonly (readonly [part: 'attn' | 'mlp', name: string])[]

/**
 * Ad(z) = z + GELU(z Wd^T + bd) Wu^T + bu after each of the parts, before what they give is added to the tokens.
 * Their places for dropout are in the same order.
 */
export function adaptersAfter(places: AdapterNames, options: TunerOptions, pass: Pass): TunerPass {
  const branch = (y: Tensor, part: 'attn' | 'mlp', { index, weights }: BranchPlace): Tensor => {
    const among = places.findIndex(([own]) => own === part)
    const name = places[among]?.[1]
    if (name === undefined) return y
    const settings = {
      features: options.bottleneck,
      activation: gelu,
      drop: (inner: Tensor) => dropped(inner, pass, { layer: index, slot: among }),
    }
    return add(y, bottleneck(y, weights.at(name), settings))
  }
  return { hooks: { branch } }
}

type BranchPlace = Parameters<NonNullable<TunerPass['hooks']['branch']>>[2]

/** Parameters of an adapter at each of `count` places in every layer. */
export function sequentialParameters(count: number, config: BackboneConfig, options: TunerOptions): number {
  const { bottleneck: h } = options
  return count * layersOf(config).reduce((sum, { width }) => sum + 2 * width * h + h + width, 0)
}

/** Each adapter drops its inner features. */
export function sequentialDropout(count: number, options: TunerOptions): DropoutSites {
  return { perLayer: count, features: () => options.bottleneck }
}
