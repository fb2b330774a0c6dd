import type { GivenReduction } from '../../reduction/options.ts'
import type { TunerOptions } from '../../tuners/tuner.ts'

/** A row of a table of the paper: its figures as printed, and how this library makes the same model. */
export interface PaperRow {
  readonly method: string
  /** Millions of parameters, with the printed digits. */
  readonly params: string
  /** 10^9 multiply-accumulates, with the printed digits. */
  readonly flops: string
  /** A name in the registry of methods; absent where the backbone is not built. */
  readonly tuner?: string
  /** What differs from the method's defaults; a `rate` that the row names too. */
  readonly options?: Partial<TunerOptions>
  /** How its tokens become fewer from layer to layer. */
  readonly reduction?: GivenReduction
  /** FLOPs are those of a video of so many frames. */
  readonly frames?: number
  /** Classes of its head, where they are not the table's. */
  readonly classes?: number
}

/** A table of arXiv:2403.11808, as far as it says parameters and FLOPs. */
export interface PaperTable {
  readonly number: number
  /** What the table compares. */
  readonly caption: string
  /** timm's name of the backbone. */
  readonly model: string
  /** Classes of the head that the paper counts with. */
  readonly classes: number
  /** What this library lacks to count the FLOPs of its rows. */
  readonly lacks?: string
  readonly rows: readonly PaperRow[]
  /** What does not agree and why, and how the figures are meant. */
  readonly notes: readonly string[]
}
