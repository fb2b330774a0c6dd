import type { GlobalPool } from './heads/global-pool.ts'
import type { SwinConfig } from './swin/swin-config.ts'
import type { VitConfig } from './vit/vit-config.ts'

/** A ViT as runs and files of weights describe it: the backbone, its samples and its head. */
export interface VitModelConfig extends VitConfig {
  readonly numClasses: number
  readonly globalPool: GlobalPool
  /** T, frames of the clips that it takes. Absent: it takes images. */
  readonly frames?: number | undefined
}

/** The same for a Swin. */
export interface SwinModelConfig extends SwinConfig {
  readonly numClasses: number
  /** Refused: it takes images, no clips. */
  readonly frames?: number | undefined
}

/** A whole model of whatever family, flat, as `config.json` of a run stores it. */
export type ModelConfig = VitModelConfig | SwinModelConfig
