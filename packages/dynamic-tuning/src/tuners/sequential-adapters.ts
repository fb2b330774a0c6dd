import { add, gelu, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import { bottleneck } from '../nn/bottleneck.ts'
import { dropped } from './dropout.ts'
import type { DropoutSites, Pass, TunerOptions, TunerPass } from './tuner.ts'

/** Where sequential adapters are placed: after which part of a layer, and the adapter's name in the layer. */
export type AdapterNames = readonly (readonly [part: 'attn' | 'mlp', name: string])[]

/**
 * Ad(z) = z + GELU(z Wd^T + bd) Wu^T + bu on the output of each given part, before the residual is added.
 * Dropout slots are numbered in the same order.
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

/** Number of parameters of `count` adapters in every layer. */
export function sequentialParameters(count: number, config: BackboneConfig, options: TunerOptions): number {
  const { bottleneck: h } = options
  return count * layersOf(config).reduce((sum, { width }) => sum + 2 * width * h + h + width, 0)
}

/** Dropout slots: every adapter drops some of its inner features. */
export function sequentialDropout(count: number, options: TunerOptions): DropoutSites {
  return { perLayer: count, features: () => options.bottleneck }
}
