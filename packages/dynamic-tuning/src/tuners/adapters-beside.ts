import type { Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { layersOf } from '../models/families.ts'
import type { Place } from '../models/hooks.ts'
import { adapter } from '../nn/adapter.ts'
import { moeAdapter } from '../nn/moe-adapter.ts'
import { dropoutOf } from './dropout.ts'
import type { Part } from './parts.ts'
import type { DropoutSites, Pass, TunerOptions, TunerPass } from './tuner.ts'

/**
 * Adds an adapter parallel to each of `parts` in every layer, named `adapt{part}`: a plain one, or one merged
 * from `experts` for each image. Dropout slots are numbered in the order of `parts`.
 */
export function adaptersBeside(parts: readonly Part[], options: TunerOptions, pass: Pass): TunerPass {
  const routes: Tensor[] = []
  const beside = (part: Part, x: Tensor, { index, weights }: Place): Tensor | undefined => {
    const among = parts.indexOf(part)
    if (among < 0) return undefined
    const sizes = [Number(x.shape[1]), options.bottleneck] as const
    const settings = { ...options, dropout: dropoutOf(pass, { layer: index, slot: among }, sizes) }
    const own = weights.at(`adapt${part}`)
    if (options.experts === 1) return adapter(x, own, settings)
    const { output, route } = moeAdapter(x, own, settings)
    routes.push(route)
    return output
  }
  return { hooks: {}, beside, routes }
}

/** Settings that these adapters read. */
export const adapterOptions = [
  'bottleneck',
  'adapterScale',
  'learnableScale',
  'adapterDropout',
  'experts',
  'router',
] as const

/** Dropout slots: every adapter drops some of its inner features. */
export function adapterDropout(parts: readonly Part[], options: TunerOptions): DropoutSites {
  return { perLayer: parts.length, features: () => options.bottleneck }
}

/** Number of parameters of one adapter for each of `parts` in every layer. */
export function adapterParameters(
  parts: readonly Part[],
  config: BackboneConfig,
  options: TunerOptions,
): number {
  const { bottleneck: h, experts, learnableScale } = options
  const each = layersOf(config).map(({ width }) => {
    const one = 2 * width * h + h + width
    return (experts === 1 ? one : experts * (one + width)) + (learnableScale ? 1 : 0)
  })
  return parts.length * each.reduce((sum, count) => sum + count, 0)
}
