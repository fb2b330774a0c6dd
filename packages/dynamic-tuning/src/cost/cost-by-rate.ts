import { type ModelCostSettings, modelCost } from './model-cost.ts'

/**
 * Multiply-accumulates as a function of the share r of active tokens, the same at every gate:
 * `constant` + `linear` r + `quadratic` r^2. Attention among active tokens makes the square.
 */
export interface CostByRate {
  readonly constant: number
  readonly linear: number
  readonly quadratic: number
}

/** The cost of a model by its active rate, from its counts at 0, 1/2 and 1. */
export function costByRate(settings: Omit<ModelCostSettings, 'activeRate' | 'gates'>): CostByRate {
  const at = (activeRate: number): number => modelCost({ ...settings, activeRate }).flops.total
  const [none, half, all] = [at(0), at(0.5), at(1)]
  // Counts are whole numbers, so that the square of a model without attention among active tokens is exactly 0.
  const quadratic = 2 * (all - 2 * half + none)
  return { constant: none, linear: all - none - quadratic, quadratic }
}

/** The count at rate r. */
export function costAt({ constant, linear, quadratic }: CostByRate, rate: number): number {
  return constant + (linear + quadratic * rate) * rate
}

/** The rate from 0 to 1 at which a model costs `total`, found by bisection; undefined where none does. */
export function rateAtCost(cost: CostByRate, total: number): number | undefined {
  let [low, high] = [0, 1]
  if (!(total >= costAt(cost, low) && total <= costAt(cost, high))) return undefined
  while (high - low > 1e-12) {
    const middle = (low + high) / 2
    if (costAt(cost, middle) < total) low = middle
    else high = middle
  }
  return (low + high) / 2
}
