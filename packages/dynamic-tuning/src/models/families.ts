import type { Tensor } from '@dynamic-tuning/engine'
import { type BackboneConfig, isVit } from './backbone-config.ts'
import type { ModelHooks, ModelPlace } from './hooks.ts'
import type { LayerSizes, OuterSite } from './layer-sizes.ts'
import type { BackboneStages } from './stages.ts'
import { swin } from './swin/swin.ts'
import { checkSwinConfig, type SwinConfig, swinLayers, swinOuter } from './swin/swin-config.ts'
import { swinNamed, swinNamesShown } from './swin/swin-names.ts'
import { vit } from './vit/vit.ts'
import {
  checkVitConfig,
  type VitConfig,
  vitDense,
  vitLayers,
  vitNewWeights,
  vitOuter,
} from './vit/vit-config.ts'
import { vitNamed, vitNamesShown } from './vit/vit-names.ts'
import { vitdet } from './vitdet/vitdet.ts'
import { checkVitdetConfig, type VitdetConfig, vitdetLayers, vitdetOuter } from './vitdet/vitdet-config.ts'

/** A family of backbones. A new one is a folder with its model, and an entry here. */
interface Family<C extends BackboneConfig> {
  build(images: Tensor, config: C, place: ModelPlace, hooks: ModelHooks): BackboneStages
  /** Sizes of all layers, in the order of execution. */
  layers(config: C): readonly LayerSizes[]
  /** Linear maps and norms outside the layers, without the head. */
  outer(config: C): readonly OuterSite[]
  /** @throws ConfigError if sizes do not fit together */
  check(config: C): void
  /** Settings of the model with this timm name; undefined if it is not of the family. */
  named(name: string): C | undefined
  /** Pattern of its names, for messages. */
  readonly names: string
  /** Why attention needs all tokens; undefined if it works on a subset. */
  readonly attentionNeedsAll?: string
  /** What changes where every patch gets an output of its own. */
  dense?(config: C): Partial<C>
  /** Patterns of weights that no checkpoint of this family has. */
  newWeights?(config: C): readonly RegExp[]
}

const vits: Family<VitConfig> = {
  build: vit,
  layers: vitLayers,
  outer: vitOuter,
  check: checkVitConfig,
  named: vitNamed,
  names: vitNamesShown,
  dense: vitDense,
  newWeights: vitNewWeights,
}

const swins: Family<SwinConfig> = {
  build: swin,
  layers: swinLayers,
  outer: swinOuter,
  check: checkSwinConfig,
  named: swinNamed,
  names: swinNamesShown,
  attentionNeedsAll: 'its attention works in windows of a grid, which need every token in its place',
}

const vitdets: Family<VitdetConfig> = {
  build: vitdet,
  layers: vitdetLayers,
  outer: vitdetOuter,
  check: checkVitdetConfig,
  named: () => undefined,
  names: '',
  attentionNeedsAll: 'its attention works in windows of a grid, which need every token in its place',
}

const families = [swins, vits] as const

/** The family of a backbone, with its sizes: the one place where it is chosen. */
function familyOf(config: BackboneConfig): SizedFamily {
  if (isVit(config)) return sized(vits, config)
  return config.family === 'vitdet' ? sized(vitdets, config) : sized(swins, config)
}

/** A family with the sizes of one backbone. */
interface SizedFamily {
  build(images: Tensor, place: ModelPlace, hooks: ModelHooks): BackboneStages
  layers(): readonly LayerSizes[]
  outer(): readonly OuterSite[]
  check(): void
  readonly attentionNeedsAll: string | undefined
  dense(): Partial<BackboneConfig>
  newWeights(): readonly RegExp[]
}

function sized<C extends BackboneConfig>(family: Family<C>, config: C): SizedFamily {
  return {
    build: (images, place, hooks) => family.build(images, config, place, hooks),
    layers: () => family.layers(config),
    outer: () => family.outer(config),
    check: () => family.check(config),
    attentionNeedsAll: family.attentionNeedsAll,
    dense: () => family.dense?.(config) ?? {},
    newWeights: () => family.newWeights?.(config) ?? [],
  }
}

/** Builds a backbone of any family. images: [I, 3, H, W], normalised. */
export function buildBackbone(images: Tensor, place: ModelPlace, hooks: ModelHooks = {}): BackboneStages {
  return familyOf(place.config).build(images, place, hooks)
}

/** Sizes of all layers of a model, in the order of execution. */
export function layersOf(config: BackboneConfig): readonly LayerSizes[] {
  return familyOf(config).layers()
}

/** Linear maps and norms of a model outside its layers, without the head. */
export function outerSites(config: BackboneConfig): readonly OuterSite[] {
  return familyOf(config).outer()
}

/** Sizes of the layer with this number. @throws RangeError if there is none, a mistake of the caller */
export function layerAt(config: BackboneConfig, index: number): LayerSizes {
  const found = layersOf(config)[index]
  if (found) return found
  throw new RangeError(`model: there is no layer ${index}. Give one from 0 to ${depthOf(config) - 1}.`)
}

/** L, the number of layers of a model. */
export function depthOf(config: BackboneConfig): number {
  return layersOf(config).length
}

/** `config` itself. @throws ConfigError if sizes do not fit together or do not fit the image */
export function checkBackboneConfig<C extends BackboneConfig>(config: C): C {
  familyOf(config).check()
  return config
}

/** Why attention of a model needs all tokens; undefined if it works on a subset. */
export function attentionNeedsAll(config: BackboneConfig): string | undefined {
  return familyOf(config).attentionNeedsAll
}

/** Settings of a backbone that official models change where every patch gets an output of its own. */
export function denseSettings(config: BackboneConfig): Partial<BackboneConfig> {
  return familyOf(config).dense()
}

/**
 * Patterns of weights of a backbone that its checkpoints lack. They start from fixed or random values, so
 * every method trains them, like the head.
 */
export function newWeights(config: BackboneConfig): readonly RegExp[] {
  return familyOf(config).newWeights()
}

/**
 * Settings of the backbone with this timm name, with or without a tag after a dot; undefined
 * for unknown names.
 */
export function namedBackbone(name: string): VitConfig | SwinConfig | undefined {
  for (const { named } of families) {
    const found = named(name)
    if (found) return found
  }
  return undefined
}

/** Patterns of the names of all families, for messages. */
export const namesShown: string = families.map(({ names }) => names).join(', ')

/** Adds to the settings the biases that are among the weights: folding in a scale and shift adds a bias. */
export function withStoredBiases(
  config: BackboneConfig,
  tensors: ReadonlyMap<string, unknown>,
): BackboneConfig {
  const qkvBias = tensors.has(`${layerAt(config, 0).path}.attn.qkv.bias`)
  if (config.family !== 'swin') return { ...config, qkvBias }
  return { ...config, qkvBias, reductionBias: tensors.has('layers.1.downsample.reduction.bias') }
}
