import { random } from '@dynamic-tuning/engine'

/**
 * A random choice of at most `count` examples, in their original order. Taking every n-th one instead would
 * miss classes where these alternate.
 */
export function drawExamples<E>(examples: readonly E[], count: number, seed: number, purpose: string): E[] {
  const order = Int32Array.from(examples.keys())
  random(seed, purpose).shuffle(order)
  const drawn = new Set(order.subarray(0, count))
  return examples.filter((_, index) => drawn.has(index))
}
