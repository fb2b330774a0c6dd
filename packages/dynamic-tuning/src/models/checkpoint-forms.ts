import type { TensorData } from '@dynamic-tuning/engine'
import { type BackboneConfig, isVit } from './backbone-config.ts'
import type { CheckpointConfig } from './checkpoints/checkpoint-config.ts'
import type { CheckpointForm, ModelHint } from './checkpoints/checkpoint-form.ts'
import type { ModelConfig } from './model-config.ts'
import { swinCheckpoint } from './swin/swin-checkpoint.ts'
import { vitCheckpoint } from './vit/vit-checkpoint.ts'

/** How a checkpoint with tensors of these names is read. */
export function checkpointFormOf(names: Iterable<string>): CheckpointForm {
  return swinCheckpoint.owns([...names]) ? swinCheckpoint : vitCheckpoint
}

/**
 * Completes the settings that a checkpoint gives. LayerNorm's epsilon defaults to timm's, and ViTs of a
 * published width and depth have the published number of heads.
 * @throws CheckpointError if the weights are not a backbone's; ConfigError if a setting remains unknown
 */
export function completeConfig(
  source: string,
  known: Partial<CheckpointConfig>,
  hint: ModelHint,
): ModelConfig {
  return (known.family === 'swin' ? swinCheckpoint : vitCheckpoint).complete(source, known, hint)
}

/**
 * Fits the tensors of a model with settings `own` to one with other settings. @throws ConfigError if
 * that is impossible
 */
export function fitTensors(
  source: string,
  tensors: ReadonlyMap<string, TensorData>,
  own: BackboneConfig,
  config: BackboneConfig,
): Map<string, TensorData> {
  return (isVit(own) ? vitCheckpoint : swinCheckpoint).fit(source, tensors, own, config)
}
