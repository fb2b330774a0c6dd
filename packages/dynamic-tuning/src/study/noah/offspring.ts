import type { Random } from '@dynamic-tuning/engine'
import type { Subnet } from '../../tuners/noah-supernet.ts'
import { drawOne, drawSizes, eachModule, type SubnetSpace } from './space.ts'

/** Probabilities of a mutation. */
export interface MutationChances {
  /** Probability that a module type is mutated; 0.2 in the paper. */
  readonly moduleChance: number
  /** Probability that a mutated module type gets a new depth; 0.4 in the paper. */
  readonly depthChance: number
}

/**
 * NOAH's mutation: each module type is mutated with probability `moduleChance`, and its depth then
 * redrawn with probability `depthChance`. Added layers get random sizes, removed ones are the last;
 * other sizes stay.
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

/** NOAH's crossover: each module type takes the whole size list of one parent. */
export function crossOver(mother: Subnet, father: Subnet, stream: Random): Subnet {
  return eachModule((module) => drawOne([mother, father], stream)[module])
}
