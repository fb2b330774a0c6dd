/** Limit of a difference: abs + relative * (largest expected magnitude). */
export interface Tolerance {
  readonly abs: number
  readonly rel_to_tensor_max: number
}

/**
 * Limits for fixtures of this family without `expected.json`, as float32 needs them. Indices are exact,
 * gradients within a share of the largest entry, everything else within an absolute limit.
 */
export const backboneTolerances: Readonly<Record<string, Tolerance>> = {
  '*index': { abs: 0, rel_to_tensor_max: 0 },
  '*decision': { abs: 0, rel_to_tensor_max: 0 },
  '*grad.*': { abs: 0, rel_to_tensor_max: 2e-4 },
  '*': { abs: 5e-5, rel_to_tensor_max: 0 },
}
