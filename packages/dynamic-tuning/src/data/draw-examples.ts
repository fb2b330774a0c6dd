import { random } from '@dynamic-tuning/engine'

/**
 * At most `count` examples drawn with `seed`, in their order. Not every n-th one: where classes take turns, an even step would
 * meet some of them only.
 */
export function drawExamples<E>(examples: readonly E[], count: number, seed: number, purpose: string): E[] {
  const order = Int32Array.from(examples.keys())
  random(seed, purpose).shuffle(order)
  const drawn = new Set(order.subarray(0, count))
  return examples.filter((_, index) => drawn.has(index))
}
