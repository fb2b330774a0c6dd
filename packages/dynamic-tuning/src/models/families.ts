import type { Tensor, TensorData } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { WeightStore, type Weights } from '../nn/weight-store.ts'
import type { CheckpointConfig } from './checkpoints/checkpoint-config.ts'
import type { CheckpointForm, ModelHint } from './checkpoints/checkpoint-form.ts'
import { sampleInput } from './heads/registry.ts'
import type { ModelHooks, ModelOutputs } from './hooks.ts'
import type { LayerSizes, OuterSite } from './layer-sizes.ts'
import { isVit, type ModelConfig } from './model-config.ts'
import { swin } from './swin/swin.ts'
import { swinCheckpoint } from './swin/swin-checkpoint.ts'
import { checkSwinConfig, type SwinConfig, swinLayers, swinOuter } from './swin/swin-config.ts'
import { swinNamed, swinNamesShown } from './swin/swin-names.ts'
import { vit } from './vit/vit.ts'
import { vitCheckpoint } from './vit/vit-checkpoint.ts'
import { checkVitConfig, type VitConfig, vitLayers, vitOuter } from './vit/vit-config.ts'
import { vitNamed, vitNamesShown } from './vit/vit-names.ts'

/** What the library knows of a family of backbones. A new one is a file with its model, and one here. */
interface Family<C extends ModelConfig> {
  build(samples: Tensor, weights: Weights, config: C, hooks?: ModelHooks): ModelOutputs
  /** Sizes of all layers, in the order in which they run. */
  layers(config: C): readonly LayerSizes[]
  /** Maps and norms outside of layers, the head left out. */
  outer(config: C): readonly OuterSite[]
  /** `config` itself. @throws ConfigError where sizes do not fit one another */
  check(config: C): C
  /** What timm's name says; undefined for names of others. */
  named(name: string): Omit<C, 'numClasses'> | undefined
  readonly checkpoint: CheckpointForm<C>
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
  checkpoint: vitCheckpoint,
  names: vitNamesShown,
}

const swins: Family<SwinConfig> = {
  build: swin,
  layers: swinLayers,
  outer: swinOuter,
  check: checkSwinConfig,
  named: swinNamed,
  checkpoint: swinCheckpoint,
  names: swinNamesShown,
  attentionNeedsAll: 'its attention works in windows of a grid, which need every token in its place',
}

/** ViTs are last to be asked whether something is theirs. */
const families = [swins, vits] as const

/** The family of a model: the one place where it is chosen. */
function familyOf<C extends ModelConfig>(config: C): Family<C> {
  return (isVit(config) ? vits : swins) as unknown as Family<C>
}

/** Builds a backbone of any family with its head. samples: [B, 3, H, W], or clips [B, 3, T, H, W], normalised. */
export function buildModel(
  samples: Tensor,
  weights: Weights,
  config: ModelConfig,
  hooks: ModelHooks = {},
): ModelOutputs {
  return familyOf(config).build(samples, weights, config, hooks)
}

/** Sizes of all layers of a model, in the order in which they run. */
export function layersOf(config: ModelConfig): readonly LayerSizes[] {
  return familyOf(config).layers(config)
}

/** Maps and norms of a model outside of its layers, the head left out. */
export function outerSites(config: ModelConfig): readonly OuterSite[] {
  return familyOf(config).outer(config)
}

/** Sizes of the layer with this number. */
export function layerAt(config: ModelConfig, index: number): LayerSizes {
  return layersOf(config)[index] as LayerSizes
}

/** L, layers of a model. */
export function depthOf(config: ModelConfig): number {
  return layersOf(config).length
}

/** `config` itself. @throws ConfigError where the sizes do not fit one another, or the image */
export function checkModelConfig<C extends ModelConfig>(config: C): C {
  return familyOf(config).check(config)
}

/** Why attention among some tokens alone is impossible in a model; undefined where it is possible. */
export function attentionNeedsAll(config: ModelConfig): string | undefined {
  return familyOf(config).attentionNeedsAll
}

/** Whether timm's name of a model is known. */
export function isModelName(name: string): boolean {
  return families.some(({ named }) => named(name) !== undefined)
}

/** What a model is given, where it is not what its name says. */
export interface SampleSizes {
  /** [height, width] in pixels. */
  readonly imageSize?: readonly [number, number] | undefined
  /** Frames of a clip; images are classified where it is absent. */
  readonly frames?: number | undefined
}

/**
 * The settings of a model of any family by timm's name, whatever tag follows a dot.
 * @throws ConfigError for unknown names, and for sizes that do not fit
 */
export function modelConfig(
  name: string,
  numClasses = 1000,
  { imageSize, frames }: SampleSizes = {},
): ModelConfig {
  for (const { named } of families) {
    const sizes = named(name)
    if (sizes === undefined) continue
    return checkModelConfig({
      ...sizes,
      numClasses,
      ...(imageSize && { imageSize }),
      ...(frames !== undefined && { frames }),
    } as ModelConfig)
  }
  throw new ConfigError(
    `model: unknown name ${name}. Use ${families.map(({ names }) => names).join(', ')}, builtin, or a path.`,
  )
}

/** The settings with those biases that are among the weights: a scale and shift gives a map without bias one. */
export function withStoredBiases(config: ModelConfig, tensors: ReadonlyMap<string, unknown>): ModelConfig {
  const qkvBias = tensors.has(`${layerAt(config, 0).path}.attn.qkv.bias`)
  if (isVit(config)) return { ...config, qkvBias }
  return { ...config, qkvBias, reductionBias: tensors.has('layers.1.downsample.reduction.bias') }
}

/** How a checkpoint with tensors of these names is read. */
export function checkpointFormOf(names: Iterable<string>): CheckpointForm<ModelConfig> {
  const all = [...names]
  const family = families.find(({ checkpoint }) => checkpoint.owns(all)) ?? vits
  return family.checkpoint as unknown as CheckpointForm<ModelConfig>
}

/**
 * The settings of a model from what its checkpoint tells; LayerNorm's epsilon is timm's unless it says otherwise, and ViTs
 * of a published width and depth have the published number of heads.
 * @throws CheckpointError where the weights are no backbone's; ConfigError where a setting stays open
 */
export function completeConfig(
  source: string,
  known: Partial<CheckpointConfig>,
  hint: ModelHint,
): ModelConfig {
  return (known.family === 'swin' ? swins : vits).checkpoint.complete(source, known, hint)
}

/** Tensors that fit `own` as a model with other settings wants them. @throws ConfigError where they cannot be changed */
export function fitTensors<C extends ModelConfig>(
  source: string,
  tensors: ReadonlyMap<string, TensorData>,
  own: C,
  config: C,
): Map<string, TensorData> {
  return familyOf(own).checkpoint.fit(source, tensors, own, config)
}

/** Names and shapes of all weights of a model, with those a method's hooks ask for. */
export function modelShapes(config: ModelConfig, hooks?: ModelHooks): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  buildModel(sampleInput(config), store, config, hooks)
  return store.shapes
}
