import type { VitModelConfig } from '../../models/model-config.ts'
import type { GivenReduction } from '../../reduction/options.ts'
import type { TunerOptions } from '../../tuners/tuner.ts'

/** The settings of a row of the paper, which build and train the same model here. */
export interface PaperModel {
  readonly method: string
  /** Name in the registry of methods; absent if the backbone is not available. */
  readonly tuner?: string
  /** Options that differ from the method's defaults, including the `rate` that the row names. */
  readonly options?: Partial<TunerOptions>
  /** The token reduction of the row. */
  readonly reduction?: GivenReduction
  /** Number of frames, if the FLOPs are those of a video. */
  readonly frames?: number
  /** Classes of the head, if they differ from the table's. */
  readonly classes?: number
  /** The losses that the row leaves out. */
  readonly without?: readonly ('distillation' | 'complete')[]
}

/** A row of a table of the paper with its figures as printed. */
export interface PaperRow extends PaperModel {
  /** In millions, with the printed digits. */
  readonly params: string
  /** In 10^9 multiply-accumulates, with the printed digits. */
  readonly flops: string
}

/** The models of a table without parameters and FLOPs. */
export interface PaperModels {
  readonly number: number
  /** timm's name of the backbone. */
  readonly model: string
  readonly rows: readonly PaperModel[]
}

/** A table of arXiv:2403.11808 with parameters and FLOPs. */
export interface PaperTable {
  readonly number: number
  /** What the table compares. */
  readonly caption: string
  /** timm's name of the backbone. */
  readonly model: string
  /** Classes of the head that the paper counts with. */
  readonly classes: number
  /** Sides of its images and its head, if they are not those of classifiers. */
  readonly setup?: Pick<VitModelConfig, 'imageSize' | 'segmentation'>
  /** True if the printed FLOPs are cut after their digits, not rounded. */
  readonly cut?: boolean
  /** What is missing in this library to count the FLOPs of the rows. */
  readonly lacks?: string
  readonly rows: readonly PaperRow[]
  /** Which figures do not agree and why, and how the figures are defined. */
  readonly notes: readonly string[]
}
