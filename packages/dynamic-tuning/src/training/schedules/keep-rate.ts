/** When the keep rate of a reduction falls, in steps. */
export interface Shrinking {
  /** Number of steps with all tokens. */
  readonly start: number
  /** Number of steps from there to the final rate; 0: it has that at once. */
  readonly steps: number
}

/**
 * The keep rate k at a step: 1 at first, then down half a cosine to `final` (EViT, arXiv:2202.07800, as in
 * its official code).
 */
export function keepRateAt(step: number, final: number, { start, steps }: Shrinking): number {
  if (step < start) return 1
  if (step >= start + steps) return final
  return final + ((1 - final) * (1 + Math.cos((Math.PI * (step - start)) / steps))) / 2
}
