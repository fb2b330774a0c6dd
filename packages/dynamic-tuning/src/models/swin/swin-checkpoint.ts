import type { TensorData } from '@dynamic-tuning/engine'
import { CheckpointError, ConfigError } from '../../errors.ts'
import type { BackboneConfig } from '../backbone-config.ts'
import type { CheckpointConfig } from '../checkpoints/checkpoint-config.ts'
import type { CheckpointForm, ModelHint } from '../checkpoints/checkpoint-form.ts'
import type { SwinModelConfig } from '../model-config.ts'
import { checkSwinConfig, type SwinConfig, swinStages, swinUnit } from './swin-config.ts'
import { swinNamed } from './swin-names.ts'
import { hasSwinTables } from './swin-tensors.ts'

/** Checkpoints of Swins: those with tables of relative positions. */
export const swinCheckpoint: CheckpointForm = {
  owns: hasSwinTables,
  describe: describeSwin,
  complete: completeSwin,
  fit: fitSwin,
}

/** All sizes but the image's, which no weight shows; incomplete if a weight that shows a size is missing. */
function describeSwin(tensors: ReadonlyMap<string, TensorData>): Partial<CheckpointConfig> {
  const shapeOf = (name: string): readonly number[] => tensors.get(name)?.shape ?? []
  const config: Partial<CheckpointConfig> = { family: 'swin', numClasses: shapeOf('head.fc.weight')[0] ?? 0 }
  const [embedDim, , patchSize] = shapeOf('patch_embed.proj.weight')
  if (embedDim !== undefined && patchSize !== undefined) Object.assign(config, { embedDim, patchSize })
  const depths: number[] = []
  for (const name of tensors.keys()) {
    const [, stage, block] = /^layers\.(\d+)\.blocks\.(\d+)\./.exec(name) ?? []
    if (stage !== undefined) depths[Number(stage)] = Math.max(depths[Number(stage)] ?? 0, Number(block) + 1)
  }
  config.depths = Array.from(depths, (depth) => depth ?? 0)
  config.numHeads = config.depths.map(
    (_, stage) => shapeOf(`layers.${stage}.blocks.0.attn.relative_position_bias_table`)[1] ?? 0,
  )
  const [rows] = shapeOf('layers.0.blocks.0.attn.relative_position_bias_table')
  if (rows !== undefined) config.windowSize = (Math.sqrt(rows) + 1) / 2
  const [hidden] = shapeOf('layers.0.blocks.0.mlp.fc1.weight')
  if (hidden !== undefined && embedDim !== undefined) config.mlpRatio = hidden / embedDim
  config.qkvBias = tensors.has('layers.0.blocks.0.attn.qkv.bias')
  return config
}

function completeSwin(source: string, known: Partial<CheckpointConfig>, hint: ModelHint): SwinModelConfig {
  const { embedDim, patchSize, depths = [], windowSize, mlpRatio, numHeads } = known
  if (embedDim === undefined || patchSize === undefined || mlpRatio === undefined || windowSize === undefined)
    throw new CheckpointError(
      `${source}: lacks patch_embed.proj.weight or weights of layers.0.blocks.0, so it is no whole Swin. Choose other weights.`,
    )
  if (!Number.isInteger(windowSize) || !Array.isArray(numHeads))
    throw new CheckpointError(
      `${source}: layers.0.blocks.0.attn.relative_position_bias_table is that of no square window. Choose other weights.`,
    )
  const sizes = {
    family: 'swin',
    patchSize,
    embedDim,
    depths,
    numHeads,
    windowSize,
    mlpRatio,
    numClasses: known.numClasses ?? 0,
    layerNormEps: known.layerNormEps ?? 1e-5,
    qkvBias: known.qkvBias ?? true,
    ...(known.reductionBias && { reductionBias: true }),
  } as const
  return checkSwinConfig({ ...sizes, imageSize: imageSizeOf(sizes, known, hint) })
}

/**
 * The image size as given, by name, or such that one window covers the last stage, as in published models.
 */
function imageSizeOf(
  sizes: Omit<SwinConfig, 'imageSize'>,
  known: Partial<CheckpointConfig>,
  hint: ModelHint,
): readonly [number, number] {
  const model = hint.model ?? known.model
  const named = model === undefined ? undefined : swinNamed(model)?.imageSize
  const unit = swinUnit(sizes)
  return known.imageSize ?? named ?? [unit, unit]
}

/** The same tensors: weights do not depend on the image size, but the window size must stay. */
function fitSwin(
  source: string,
  tensors: ReadonlyMap<string, TensorData>,
  own: BackboneConfig,
  config: BackboneConfig,
): Map<string, TensorData> {
  if (own.family !== 'swin' || config.family !== 'swin')
    throw new ConfigError(`${source}: these are weights of a Swin. Choose a Swin.`)
  const [before, after] = [swinStages(own), swinStages(config)]
  const changed = after.find(({ window }, i) => window.join() !== before[i]?.window.join())
  if (changed !== undefined)
    throw new ConfigError(
      `${source}: at ${config.imageSize.join(' x ')} pixels stage ${changed.index} has windows of ${changed.window.join(' x ')}, but its weights are for ${before[changed.index]?.window.join(' x ')}. Choose another image size: multiples of ${swinUnit(config)} always fit.`,
    )
  return new Map(tensors)
}
