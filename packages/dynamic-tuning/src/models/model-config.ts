import type { GlobalPool } from './heads/global-pool.ts'
import type { SegmentationSettings } from './heads/segmentation/settings.ts'
import type { SwinConfig } from './swin/swin-config.ts'
import type { VitConfig } from './vit/vit-config.ts'

/** A ViT as stored in runs and weight files: the backbone, its samples and its head. */
export interface VitModelConfig extends VitConfig {
  readonly numClasses: number
  readonly globalPool: GlobalPool
  /** T, frames of its clips. Absent: it takes images. */
  readonly frames?: number | undefined
  /** The head that labels pixels. Absent: it classifies. */
  readonly segmentation?: SegmentationSettings | undefined
}

/** A Swin as stored in runs and weight files. */
export interface SwinModelConfig extends SwinConfig {
  readonly numClasses: number
  /** Refused if set: a Swin takes images only. */
  readonly frames?: number | undefined
  /** The head that labels pixels. Absent: it classifies. */
  readonly segmentation?: SegmentationSettings | undefined
}

/** A whole model of any family as one flat object, as in the `config.json` of a run. */
export type ModelConfig = VitModelConfig | SwinModelConfig
