import type { Dataset, TruthName } from './example.ts'
import type { AsideSettings } from './truths/stratify.ts'

/** How truths are converted to numbers. */
export interface PackSettings {
  /** K, number of classes. */
  readonly classes: number
  /** Label smoothing, 0 (default) to 1. */
  readonly smoothing?: number
}

/**
 * A kind of truth about an example, with values of type T that survive `structuredClone`: the index of
 * its class, a set of classes. A dataset kind stores it in the examples, the loader passes it on, and
 * a task says which kind it needs.
 */
export interface Truth<T> {
  readonly name: TruthName
  /**
   * The dataset with this kind of truth in every example, converted if nothing is lost by it.
   * @throws DataError naming the file and line of the first example without such a truth
   */
  of(dataset: Dataset): Dataset<T>
  /** Order of the examples of a dataset; ties are broken by name. */
  compare(a: T, b: T): number
  /** Indices of the examples that a split puts aside: a seeded share of every class or label. */
  aside(truths: readonly T[], settings: AsideSettings): ReadonlySet<number>
  /** Targets for a loss: one row per example, float32 [B, ...]. */
  pack(truths: readonly T[], settings: PackSettings): Float32Array<ArrayBuffer>
}
