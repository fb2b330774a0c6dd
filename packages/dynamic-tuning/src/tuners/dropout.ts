import { type Dim, input, mul, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { depthOf, layersOf } from '../models/families.ts'
import { tokensIn } from '../models/layer-sizes.ts'
import type { SampledBackbone } from '../models/model.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { Dropout, Pass, Tuner, TunerOptions } from './tuner.ts'

/**
 * A method's dropout with its graph input `name`, [A, I, T, F] for A slots in all layers, I images or frames,
 * at most T tokens and at most F features per slot. Undefined if the method drops nothing.
 */
export function dropoutInput(
  name: string,
  tuner: Tuner,
  options: TunerOptions,
  { config, sample }: SampledBackbone,
): Dropout | undefined {
  const where = options.adapterDropout === 0 ? undefined : tuner.dropoutSites(options)
  const features = where?.features(config) ?? 0
  if (where === undefined || where.perLayer === 0 || features === 0) return undefined
  const tokens = Math.max(...layersOf(config).map(tokensIn)) + mostPrompts(tuner, options, config)
  const { perLayer } = where
  return {
    factors: input(name, [perLayer * depthOf(config), imageRows(sample, 'B'), tokens, features]),
    perLayer,
    first: 0,
  }
}

/** The largest number of prompt tokens in any layer. */
export function mostPrompts(tuner: Tuner, options: TunerOptions, config: BackboneConfig): number {
  const depth = depthOf(config)
  return Math.max(...Array.from({ length: depth }, (_, layer) => tuner.promptsAt(options, layer)))
}

/** A slot in a layer where features are dropped. */
export interface DropPlace {
  readonly layer: number
  /** Index among the method's slots in the layer. */
  readonly slot: number
}

/**
 * Applies the pass's dropout for this slot to x: [B, N, F]; returns x unchanged in passes without dropout.
 */
export function dropped(x: Tensor, pass: Pass, place: DropPlace): Tensor {
  const factors = dropoutOf(pass, place, [Number(x.shape[1]), Number(x.shape[2])])
  return factors === undefined ? x : mul(x, factors)
}

/** The dropout factors [B, N, F] of a slot. */
export function dropoutOf(
  pass: Pass,
  { layer, slot }: DropPlace,
  [tokens, features]: readonly [number, number],
): Tensor | undefined {
  const dropout = 'dropout' in pass ? pass.dropout : undefined
  if (dropout === undefined) return undefined
  const { factors, perLayer, first } = dropout
  const [, batch, most, widest] = factors.shape as [number, Dim, number, number]
  const site = layer * perLayer + first + slot
  const own = reshape(slice(factors, 0, site, site + 1), [batch, most, widest])
  const near = tokens === most ? own : slice(own, 1, 0, tokens)
  return features === widest ? near : slice(near, 2, 0, features)
}
