import type { ModelConfig } from '../models/model-config.ts'
import type { BenchPlace } from './types.ts'

/** The static model in another runtime. */
export interface BaselineModel {
  /** Logits [B, K] of images [B, 3, H, W]. */
  run(images: Float32Array): Promise<Float32Array>
  release(): Promise<void>
}

/** Makes a baseline of the static model with random weights. */
export type Baseline = (config: ModelConfig, place: BenchPlace) => Promise<BaselineModel>
