import type { Dataset, TruthName } from './example.ts'
import type { AsideSettings } from './truths/stratify.ts'

/** How truths become numbers. */
export interface PackSettings {
  /** K. */
  readonly classes: number
  /** Label smoothing, 0 (default) to 1. */
  readonly smoothing?: number
}

/**
 * What is known of each example, as a value of type T that survives `structuredClone`: the index of its class, a set of classes.
 * A dataset kind puts it into the examples; the loader hands it on; a task says which it needs.
 */
export interface Truth<T> {
  readonly name: TruthName
  /**
   * The dataset with this truth in every example, converted where that loses nothing.
   * @throws DataError naming the file and line of the first example that has no such truth
   */
  of(dataset: Dataset): Dataset<T>
  /** Order of the examples of a dataset, before their names decide. */
  compare(a: T, b: T): number
  /** Places of the examples that a split puts aside: a seeded share of every class or label. */
  aside(truths: readonly T[], settings: AsideSettings): ReadonlySet<number>
  /** What a loss compares the model's outputs with: one row per example, float32 [B, ...]. */
  pack(truths: readonly T[], settings: PackSettings): Float32Array<ArrayBuffer>
}
