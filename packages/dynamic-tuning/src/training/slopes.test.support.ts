import { random } from '@dynamic-tuning/engine'
import { expect } from 'vitest'
import type { Values } from '../nn/plain.test.support.ts'

/**
 * Checks gradients: along random directions the loss must change as they say, in double precision.
 * @param loss function of all weights, some of them moved
 */
export function expectSlopes(
  gradients: ReadonlyMap<string, Float32Array>,
  values: Values,
  loss: (moved: Values) => number,
  rounds = 3,
): void {
  const stream = random(1, 'directions')
  for (let round = 0; round < rounds; round++) {
    const direction = new Map(
      [...gradients].map(([weight, { length }]) => [
        weight,
        Float64Array.from({ length }, () => stream.normal()),
      ]),
    )
    const at = (step: number): number => loss(moved(values, direction, step))
    const slope = (at(1e-6) - at(-1e-6)) / 2e-6
    let [dot, absolute] = [0, 0]
    for (const [weight, gradient] of gradients)
      for (const [i, value] of gradient.entries()) {
        dot += value * (direction.get(weight)?.[i] as number)
        absolute += Math.abs(value)
      }
    expect(Math.abs(dot - slope)).toBeLessThan(1e-4 * absolute)
  }
}

/** Weights with `step` of a direction added, in double precision. */
function moved(values: Values, direction: ReadonlyMap<string, Float64Array>, step: number): Values {
  return new Map(
    [...values].map(([name, { shape, data }]) => {
      const along = direction.get(name)
      const plain = Float64Array.from(data as Float32Array, (value, i) => value + step * (along?.[i] ?? 0))
      return [name, { dtype: 'float64', shape, data: plain }]
    }),
  )
}
