import type { TensorData } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../backbone-config.ts'
import type { ModelConfig } from '../model-config.ts'
import type { CheckpointConfig } from './checkpoint-config.ts'

/** What is known of a model that its checkpoint does not tell. */
export interface ModelHint {
  /** timm's name of the model. */
  readonly model?: string | undefined
  readonly numHeads?: number | undefined
}

/** How the checkpoints of a family of backbones are read. */
export interface CheckpointForm {
  /** True for renamed tensors of these names if they are of the family. */
  owns(names: Iterable<string>): boolean
  /** What renamed tensors show by themselves, `known` being what the files tell. */
  describe(
    tensors: ReadonlyMap<string, TensorData>,
    known: Partial<CheckpointConfig>,
  ): Partial<CheckpointConfig>
  /** All settings from what is known. @throws CheckpointError for weights of another kind; ConfigError where one stays open */
  complete(source: string, known: Partial<CheckpointConfig>, hint: ModelHint): ModelConfig
  /** Tensors that fit `own` as a model with other settings wants them: positions resized. @throws ConfigError */
  fit(
    source: string,
    tensors: ReadonlyMap<string, TensorData>,
    own: BackboneConfig,
    config: BackboneConfig,
  ): Map<string, TensorData>
}
