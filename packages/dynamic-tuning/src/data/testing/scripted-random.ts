import type { Random } from '@dynamic-tuning/engine'

/** A stream that gives the listed numbers in order, `integer(bound)` as floor(number * bound). */
export interface ScriptedRandom extends Random {
  /** Count of numbers not given yet. */
  left(): number
}

/** Creates a stream of the numbers in `values`, for tests whose random choices are written out by hand. */
export function scriptedRandom(...values: number[]): ScriptedRandom {
  let given = 0
  const next = (): number => {
    const value = values[given++]
    if (value === undefined) throw new Error(`only ${values.length} numbers are scripted`)
    return value
  }
  return {
    uniform: next,
    integer: (bound) => Math.floor(next() * bound),
    normal: next,
    gumbel: next,
    shuffle: () => {
      throw new Error('shuffling is not scripted')
    },
    left: () => values.length - given,
  }
}
