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
 * The settings of a model from what its checkpoint tells; LayerNorm's epsilon is timm's unless it says otherwise, and
 * ViTs of a published width and depth have the published number of heads.
 * @throws CheckpointError where the weights are no backbone's; ConfigError where a setting stays open
 */
export function completeConfig(
  source: string,
  known: Partial<CheckpointConfig>,
  hint: ModelHint,
): ModelConfig {
  return (known.family === 'swin' ? swinCheckpoint : vitCheckpoint).complete(source, known, hint)
}

/** Tensors that fit `own` as a model with other settings wants them. @throws ConfigError where they cannot be changed */
export function fitTensors(
  source: string,
  tensors: ReadonlyMap<string, TensorData>,
  own: BackboneConfig,
  config: BackboneConfig,
): Map<string, TensorData> {
  return (isVit(own) ? vitCheckpoint : swinCheckpoint).fit(source, tensors, own, config)
}
