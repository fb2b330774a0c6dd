import { WeightStore } from '../nn/weight-store.ts'
import type { Network } from './network.ts'

/** Names and shapes of all weights of a network, in the order in which its graph uses them. */
export function weightShapes(network: Network): Map<string, readonly number[]> {
  const store = new WeightStore({ trainable: [/./] })
  network.pass(store, network.input(), { kind: 'skip' })
  return store.shapes
}
