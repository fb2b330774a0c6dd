import { type Network, network } from '../network/network.ts'
import { modelCost } from './model-cost.ts'

/** Multiply-accumulates of one image, or one clip, through the bare backbone and its head. */
export function staticFlops(config: Network['config']): number {
  return modelCost({ network: network({ config }) }).flops.total
}
