import type { Random } from '@dynamic-tuning/engine'
import type { Subnet } from '../../tuners/noah-supernet.ts'
import { drawOne, drawSizes, eachModule, type SubnetSpace } from './space.ts'

/** How likely a mutation changes what. */
export interface MutationChances {
  /** That a module type is mutated; 0.2 in the paper. */
  readonly moduleChance: number
  /** That a mutated module type gets another depth; 0.4 in the paper. */
  readonly depthChance: number
}

/**
 * A mutant as NOAH makes it: each module type is mutated with `moduleChance`, and its depth then drawn anew with
 * `depthChance`. More layers get random sizes, fewer lose the last ones; sizes that are there stay.
 */
export function mutate(parent: Subnet, space: SubnetSpace, chances: MutationChances, stream: Random): Subnet {
  return eachModule((module) => {
    const sizes = parent[module]
    if (stream.uniform() >= chances.moduleChance || stream.uniform() >= chances.depthChance) return sizes
    const depth = drawOne(space.depths, stream)
    if (depth <= sizes.length) return sizes.slice(0, depth)
    return [...sizes, ...drawSizes(space, depth - sizes.length, stream)]
  })
}

/** A child that has the whole size list of one of two parents, module type by module type. */
export function crossOver(mother: Subnet, father: Subnet, stream: Random): Subnet {
  return eachModule((module) => drawOne([mother, father], stream)[module])
}
