import type { TensorData } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../backbone-config.ts'
import type { ModelConfig } from '../model-config.ts'
import type { CheckpointConfig } from './checkpoint-config.ts'

/** What the user says about a model beyond its checkpoint. */
export interface ModelHint {
  /** timm's name of the model. */
  readonly model?: string | undefined
  readonly numHeads?: number | undefined
}

/** How the checkpoints of a family of backbones are read. */
export interface CheckpointForm {
  /** True if renamed tensors with these names belong to the family. */
  owns(names: Iterable<string>): boolean
  /** Settings that follow from the renamed tensors; `known` are those given by the files. */
  describe(
    tensors: ReadonlyMap<string, TensorData>,
    known: Partial<CheckpointConfig>,
  ): Partial<CheckpointConfig>
  /**
   * Completes the known settings. @throws CheckpointError for weights of another kind; ConfigError if
   * one remains unknown
   */
  complete(source: string, known: Partial<CheckpointConfig>, hint: ModelHint): ModelConfig
  /**
   * Fits tensors of a model with settings `own` to other settings, by resizing positions. @throws ConfigError
   */
  fit(
    source: string,
    tensors: ReadonlyMap<string, TensorData>,
    own: BackboneConfig,
    config: BackboneConfig,
  ): Map<string, TensorData>
}
