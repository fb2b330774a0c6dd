/** How far a value may be off: abs + relative * (largest magnitude expected). */
export interface Tolerance {
  readonly abs: number
  readonly rel_to_tensor_max: number
}

/**
 * Limits where a fixture of this family has no `expected.json`: what float32 needs. Indices are exact, gradients near a
 * share of the largest entry, everything else near in absolute terms.
 */
export const backboneTolerances: Readonly<Record<string, Tolerance>> = {
  '*index': { abs: 0, rel_to_tensor_max: 0 },
  '*decision': { abs: 0, rel_to_tensor_max: 0 },
  '*grad.*': { abs: 0, rel_to_tensor_max: 2e-4 },
  '*': { abs: 5e-5, rel_to_tensor_max: 0 },
}
