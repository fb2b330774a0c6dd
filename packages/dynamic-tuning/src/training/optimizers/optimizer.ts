/** Weights by name; an optimiser changes them in place. */
export type OptimizedWeights = ReadonlyMap<
  string,
  { readonly data: Float32Array; readonly shape: readonly number[] }
>

/** Updates weights with their gradients. */
export interface Optimizer {
  /** Number of updates made so far; set on resuming. */
  step: number
  /** One update with the gradients by weight name. */
  update(gradients: ReadonlyMap<string, Float32Array>, learningRate: number): void | Promise<void>
  /** Everything to be saved in a checkpoint, by name; the arrays themselves, not copies. */
  moments(): Iterable<[string, Float32Array]>
  release?(): Promise<void>
}
