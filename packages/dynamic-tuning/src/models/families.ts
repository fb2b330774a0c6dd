import type { Tensor } from '@dynamic-tuning/engine'
import { type BackboneConfig, isVit } from './backbone-config.ts'
import type { ModelHooks, ModelPlace } from './hooks.ts'
import type { LayerSizes, OuterSite } from './layer-sizes.ts'
import type { BackboneStages } from './stages.ts'
import { swin } from './swin/swin.ts'
import { checkSwinConfig, type SwinConfig, swinLayers, swinOuter } from './swin/swin-config.ts'
import { swinNamed, swinNamesShown } from './swin/swin-names.ts'
import { vit } from './vit/vit.ts'
import { checkVitConfig, type VitConfig, vitLayers, vitOuter } from './vit/vit-config.ts'
import { vitNamed, vitNamesShown } from './vit/vit-names.ts'

/** What the library knows of a family of backbones. A new one is a folder with its model, and one here. */
interface Family<C extends BackboneConfig> {
  build(images: Tensor, config: C, place: ModelPlace, hooks: ModelHooks): BackboneStages
  /** Sizes of all layers, in the order in which they run. */
  layers(config: C): readonly LayerSizes[]
  /** Maps and norms outside of layers, the head left out. */
  outer(config: C): readonly OuterSite[]
  /** @throws ConfigError where sizes do not fit one another */
  check(config: C): void
  /** What timm's name says; undefined for names of others. */
  named(name: string): C | undefined
  /** How messages write its names. */
  readonly names: string
  /** Why attention cannot do without some of the tokens; undefined where it can. */
  readonly attentionNeedsAll?: string
}

const vits: Family<VitConfig> = {
  build: vit,
  layers: vitLayers,
  outer: vitOuter,
  check: checkVitConfig,
  named: vitNamed,
  names: vitNamesShown,
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

const families = [swins, vits] as const

/** The family of a backbone, with its sizes: the one place where it is chosen. */
function familyOf(config: BackboneConfig): SizedFamily {
  return isVit(config) ? sized(vits, config) : sized(swins, config)
}

/** A family with the sizes of one backbone. */
interface SizedFamily {
  build(images: Tensor, place: ModelPlace, hooks: ModelHooks): BackboneStages
  layers(): readonly LayerSizes[]
  outer(): readonly OuterSite[]
  check(): void
  readonly attentionNeedsAll: string | undefined
}

function sized<C extends BackboneConfig>(family: Family<C>, config: C): SizedFamily {
  return {
    build: (images, place, hooks) => family.build(images, config, place, hooks),
    layers: () => family.layers(config),
    outer: () => family.outer(config),
    check: () => family.check(config),
    attentionNeedsAll: family.attentionNeedsAll,
  }
}

/** Builds a backbone of any family. images: [I, 3, H, W], normalised. */
export function buildBackbone(images: Tensor, place: ModelPlace, hooks: ModelHooks = {}): BackboneStages {
  return familyOf(place.config).build(images, place, hooks)
}

/** Sizes of all layers of a model, in the order in which they run. */
export function layersOf(config: BackboneConfig): readonly LayerSizes[] {
  return familyOf(config).layers()
}

/** Maps and norms of a model outside of its layers, the head left out. */
export function outerSites(config: BackboneConfig): readonly OuterSite[] {
  return familyOf(config).outer()
}

/** Sizes of the layer with this number. @throws RangeError where there is none, a mistake of the caller */
export function layerAt(config: BackboneConfig, index: number): LayerSizes {
  const found = layersOf(config)[index]
  if (found) return found
  throw new RangeError(`model: there is no layer ${index}. Give one from 0 to ${depthOf(config) - 1}.`)
}

/** L, layers of a model. */
export function depthOf(config: BackboneConfig): number {
  return layersOf(config).length
}

/** `config` itself. @throws ConfigError where the sizes do not fit one another, or the image */
export function checkBackboneConfig<C extends BackboneConfig>(config: C): C {
  familyOf(config).check()
  return config
}

/** Why attention among some tokens alone is impossible in a model; undefined where it is possible. */
export function attentionNeedsAll(config: BackboneConfig): string | undefined {
  return familyOf(config).attentionNeedsAll
}

/** What timm's name of a backbone says, whatever tag follows a dot; undefined for unknown names. */
export function namedBackbone(name: string): BackboneConfig | undefined {
  for (const { named } of families) {
    const found = named(name)
    if (found) return found
  }
  return undefined
}

/** How messages write the names of all families. */
export const namesShown: string = families.map(({ names }) => names).join(', ')

/** The settings with those biases that are among the weights: a scale and shift gives a map without bias one. */
export function withStoredBiases(
  config: BackboneConfig,
  tensors: ReadonlyMap<string, unknown>,
): BackboneConfig {
  const qkvBias = tensors.has(`${layerAt(config, 0).path}.attn.qkv.bias`)
  if (isVit(config)) return { ...config, qkvBias }
  return { ...config, qkvBias, reductionBias: tensors.has('layers.1.downsample.reduction.bias') }
}
