import type { GivenReduction } from '../../reduction/options.ts'
import type { TunerOptions } from '../../tuners/tuner.ts'

/** A row of a table of the paper: its figures as printed, and the settings that build the same model here. */
export interface PaperRow {
  readonly method: string
  /** In millions, with the printed digits. */
  readonly params: string
  /** In 10^9 multiply-accumulates, with the printed digits. */
  readonly flops: string
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
  /** What is missing in this library to count the FLOPs of the rows. */
  readonly lacks?: string
  readonly rows: readonly PaperRow[]
  /** Which figures do not agree and why, and how the figures are defined. */
  readonly notes: readonly string[]
}
