import type { Model } from '../models/model.ts'
import { network } from '../network/network.ts'
import { countFlops } from './model-cost.ts'

/** Multiply-accumulates of one image or clip through the bare backbone and its head. */
export function staticFlops({ config, sample, head }: Model): number {
  return countFlops({ network: network({ config, sample, head }) }).total
}
