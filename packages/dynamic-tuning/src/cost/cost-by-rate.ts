import { countFlops, type ModelCostSettings } from './model-cost.ts'

/**
 * Multiply-accumulates as a function of the share r of active tokens, which is the same at every gate:
 * `constant` + `linear` r + `quadratic` r^2. The square comes from attention among active tokens.
 */
export interface CostByRate {
  readonly constant: number
  readonly linear: number
  readonly quadratic: number
}

/** The cost of a model as a function of the active rate, fitted to its counts at rates 0, 1/2 and 1. */
export function costByRate(settings: Omit<ModelCostSettings, 'activeRate' | 'gates'>): CostByRate {
  const at = (activeRate: number): number => countFlops({ ...settings, activeRate }).total
  const [none, half, all] = [at(0), at(0.5), at(1)]
  // Counts are whole numbers, so this is exactly 0 for models without attention among active tokens.
  const quadratic = 2 * (all - 2 * half + none)
  return { constant: none, linear: all - none - quadratic, quadratic }
}

/** Multiply-accumulates at the given rate. */
export function costAt({ constant, linear, quadratic }: CostByRate, rate: number): number {
  return constant + (linear + quadratic * rate) * rate
}

/** The rate from 0 to 1 at which a model costs `total`, found by bisection; undefined if there is none. */
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
