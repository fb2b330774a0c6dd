import type { TensorData } from '@dynamic-tuning/engine'
import { CheckpointError, ConfigError } from '../errors.ts'
import { WeightStore } from '../nn/weight-store.ts'
import type { CheckpointConfig } from './checkpoint-config.ts'
import { compareShapes } from './compare-shapes.ts'
import { isOfHead, sampleInput } from './heads/registry.ts'
import type { ModelHooks } from './hooks.ts'
import { type Grid, resizePositionEmbedding } from './position-embedding.ts'
import { vit } from './vit.ts'
import { checkVitConfig, gridOf, positionPrefix, type VitConfig, vitConfig } from './vit-config.ts'
import { publishedHeads } from './vit-names.ts'

/** A ViT's settings and its weights under timm names; weights left out (a new head) are still to be drawn. */
export interface Backbone {
  readonly config: VitConfig
  readonly tensors: Map<string, TensorData>
  /** Class names by index, where the head is that of the checkpoint and names are known. */
  readonly classes?: readonly string[]
}

/** Names and shapes of all weights of a ViT, with those a method's hooks ask for. */
export function vitShapes(config: VitConfig, hooks?: ModelHooks): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  vit(sampleInput(config), store, config, hooks)
  return store.shapes
}

/** New weights for all of a ViT, drawn with `seed`; for clips its head is left out. */
export function drawWeights(config: VitConfig, seed: number): Map<string, TensorData> {
  const store = new WeightStore({ seed })
  vit(sampleInput(config), store, config)
  const drawn = store.values()
  if (config.frames === undefined) return drawn
  return new Map([...drawn].filter(([name]) => !isOfHead(name)))
}

/** What tells the number of heads where a checkpoint does not. */
export interface HeadsHint {
  /** timm's name of the model. */
  readonly model?: string | undefined
  readonly numHeads?: number | undefined
}

/**
 * The settings of a ViT from what its checkpoint tells; LayerNorm's epsilon is timm's 1e-6 unless it says otherwise, and weights
 * of a published size (192, 384 or 768 wide with 12 layers, 1024 with 24) have the published number of heads.
 * @throws CheckpointError where the weights are no ViT's; ConfigError where the number of heads or the image size stays open
 */
export function completeConfig(
  source: string,
  known: Partial<CheckpointConfig>,
  hint: HeadsHint = {},
): VitConfig {
  const { embedDim, patchSize, depth, mlpRatio, imageSize } = known
  if (embedDim === undefined || patchSize === undefined || !depth || mlpRatio === undefined)
    throw new CheckpointError(
      `${source}: holds no patch_embed.proj.weight and blocks.0.mlp.fc1.weight, so it is no ViT. Choose other weights.`,
    )
  if (imageSize === undefined)
    throw new ConfigError(
      `${source}: its positions make no square and no config.json tells the image size. Add a config.json with it.`,
    )
  return checkVitConfig({
    imageSize,
    patchSize,
    embedDim,
    depth,
    mlpRatio,
    numHeads: headsOf(source, embedDim, known, hint),
    numClasses: known.numClasses ?? 0,
    globalPool: known.globalPool ?? 'token',
    layerNormEps: known.layerNormEps ?? 1e-6,
    qkvBias: known.qkvBias ?? true,
    ...(known.initValues !== undefined && { initValues: known.initValues }),
    ...(known.regTokens && { regTokens: known.regTokens }),
    ...(known.noEmbedClass && { noEmbedClass: true }),
  })
}

function headsOf(
  source: string,
  embedDim: number,
  known: Partial<CheckpointConfig>,
  hint: HeadsHint,
): number {
  const given = hint.numHeads ?? (hint.model === undefined ? known.numHeads : undefined)
  if (given !== undefined) return given
  const model = hint.model ?? known.model
  const named = model === undefined ? undefined : vitConfig(model)
  if (named?.embedDim === embedDim) return named.numHeads
  if (named)
    throw new ConfigError(
      `${source}: its weights have ${embedDim} features, ${model} has ${named.embedDim}. Name the right model.`,
    )
  const published = publishedHeads(embedDim, known.depth ?? 0)
  if (published !== undefined) return published
  throw new ConfigError(
    `${source}: weights do not show how many attention heads they have. Put them into a folder with a config.json of timm or Hugging Face, name timm's model, or give the number of heads.`,
  )
}

/** What a backbone is wanted for. */
export interface FitOptions {
  /** Classes of the task; another number than the checkpoint's drops its head. Default: the checkpoint's. */
  readonly numClasses?: number | undefined
  /** [height, width] in pixels. Default: the checkpoint's. */
  readonly imageSize?: readonly [number, number] | undefined
  /** T, where clips of so many frames are to be classified. Default: images are. */
  readonly frames?: number | undefined
}

/**
 * A checked backbone for a task: every tensor is there and fits, positions are resized to the image size (the class
 * token's is kept), and a head with other classes, or for clips instead of images, is left out.
 * @throws CheckpointError listing all missing, unexpected and misshaped tensors; ConfigError for sizes that do not fit
 */
export function fitBackbone(source: string, backbone: Backbone, options: FitOptions = {}): Backbone {
  const { config: own, tensors, classes } = backbone
  const ignore = own.numClasses === 0 ? [/^head\./] : []
  const ofClips = tensors.has('query_token')
  const stored = { ...own, numClasses: Math.max(1, own.numClasses), frames: ofClips ? 1 : undefined }
  compareShapes(tensors, vitShapes(stored), { ignore, source })
  const { numClasses = own.numClasses, imageSize = own.imageSize, frames } = options
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ConfigError(
      `${source}: ${numClasses} classes. ${own.numClasses === 0 ? 'It has no head; give' : 'Give'} the number of classes.`,
    )
  const config = checkVitConfig({ ...own, numClasses, imageSize, ...(frames !== undefined && { frames }) })
  const sameKind = ofClips === (frames !== undefined)
  const sameClasses = sameKind && numClasses === own.numClasses
  const leftOut = (name: string): boolean =>
    sameKind ? !sameClasses && name.startsWith('head.') : isOfHead(name)
  const kept = [...tensors].filter(([name]) => !leftOut(name))
  const fitted = new Map(kept)
  const positions = tensors.get('pos_embed') as TensorData
  fitted.set('pos_embed', resizePositions(positions, own, gridOf(config)))
  const named = classes !== undefined && sameClasses
  return named ? { config, tensors: fitted, classes } : { config, tensors: fitted }
}

function resizePositions(positions: TensorData, config: VitConfig, to: Grid): TensorData {
  const [from, prefix] = [gridOf(config), positionPrefix(config)]
  if (from.join() === to.join()) return positions
  const data = resizePositionEmbedding(positions.data as Float32Array, from, to, prefix)
  return { dtype: 'float32', shape: [1, prefix + to[0] * to[1], config.embedDim], data }
}
