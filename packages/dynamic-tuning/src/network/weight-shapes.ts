import { WeightStore } from '../nn/weight-store.ts'
import type { Network } from './network.ts'

/**
 * Names and shapes of all weights of a network, in the order in which its graph uses them; those that only a
 * training pass uses, such as an auxiliary head's, come last.
 */
export function weightShapes(network: Network): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  const input = network.input()
  network.pass(store, input, { kind: 'skip' })
  store.beginGraph()
  network.pass(store, input, { kind: 'train' })
  return store.shapes
}
