/** Weights by name that an optimiser changes in place. */
export type OptimizedWeights = ReadonlyMap<
  string,
  { readonly data: Float32Array; readonly shape: readonly number[] }
>

/** What moves weights along their gradients. */
export interface Optimizer {
  /** Updates made so far; set on resuming. */
  step: number
  /** One update with the gradients by weight name. */
  update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): void | Promise<void>
  /** Everything it remembers, under names for a checkpoint; the arrays themselves. */
  moments(): Iterable<[string, Float32Array]>
  release?(): Promise<void>
}
