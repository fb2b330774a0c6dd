import type { TensorData } from '@dynamic-tuning/engine'
import { CheckpointError, ConfigError } from '../../errors.ts'
import { asVit } from '../backbone-config.ts'
import { type CheckpointConfig, describeTensors } from '../checkpoints/checkpoint-config.ts'
import type { CheckpointForm, ModelHint } from '../checkpoints/checkpoint-form.ts'
import type { VitModelConfig } from '../model-config.ts'
import { type Grid, resizePositionEmbedding } from './position-embedding.ts'
import { checkVitConfig, gridOf, positionPrefix, type VitConfig } from './vit-config.ts'
import { publishedHeads, vitConfig } from './vit-names.ts'

/** Checkpoints of ViTs: all that belong to no other family. */
export const vitCheckpoint: CheckpointForm = {
  owns: () => true,
  describe: describeTensors,
  complete: completeVit,
  fit(_source, tensors, own, config) {
    const positions = tensors.get('pos_embed')
    if (positions === undefined) return new Map(tensors)
    return new Map([...tensors, ['pos_embed', resizePositions(positions, asVit(own), gridOf(asVit(config)))]])
  },
}

/**
 * Completes the settings that the checkpoint of a ViT gives; LayerNorm's epsilon defaults to timm's 1e-6.
 * @throws CheckpointError if the weights are not a ViT's; ConfigError if the number of heads or the image
 * size remains unknown
 */
function completeVit(source: string, known: Partial<CheckpointConfig>, hint: ModelHint): VitModelConfig {
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
    ...(known.relativePositionBias && { relativePositionBias: true }),
  })
}

function headsOf(
  source: string,
  embedDim: number,
  known: Partial<CheckpointConfig>,
  hint: ModelHint,
): number {
  const given = hint.numHeads ?? (hint.model === undefined ? known.numHeads : undefined)
  if (typeof given === 'number') return given
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

function resizePositions(positions: TensorData, config: VitConfig, to: Grid): TensorData {
  const [from, prefix] = [gridOf(config), positionPrefix(config)]
  if (from.join() === to.join()) return positions
  const data = resizePositionEmbedding(positions.data as Float32Array, from, to, prefix)
  return { dtype: 'float32', shape: [1, prefix + to[0] * to[1], config.embedDim], data }
}
