import type { Random } from '@dynamic-tuning/engine'
import { depthOf } from '../../models/families.ts'
import { asVit, type ModelConfig } from '../../models/model-config.ts'
import { noah } from '../../tuners/noah.ts'
import { type Subnet, type SubnetModule, subnetModules } from '../../tuners/noah-supernet.ts'

/** What a sub-network may be: how many layers carry a module, and of what sizes. */
export interface SubnetSpace {
  /** Layers of the model. */
  readonly layers: number
  /** How many of the first layers may carry a module, ascending. */
  readonly depths: readonly number[]
  /** Sizes of a module in a layer, ascending. */
  readonly sizes: readonly number[]
}

/** Sizes of the space that NOAH was published with for VTAB-1K. */
export const publishedSizes: readonly number[] = [1, 5, 10]

/** The space for a model: depths {3, 6, 9, 12} of 12 layers, of another model a quarter, half, three quarters and all. */
export function subnetSpace(layers: number, sizes: readonly number[] = publishedSizes): SubnetSpace {
  const depths = [1, 2, 3, 4].map((quarters) => Math.max(1, Math.round((quarters * layers) / 4)))
  return { layers, depths: ascending(depths), sizes: ascending(sizes) }
}

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** One of `values`, each as likely. */
export function drawOne<T>(values: readonly T[], stream: Random): T {
  return values[stream.integer(values.length)] as T
}

/** A list of `count` sizes drawn from the space. */
export function drawSizes({ sizes }: SubnetSpace, count: number, stream: Random): number[] {
  return Array.from({ length: count }, () => drawOne(sizes, stream))
}

/** A sub-network drawn from the space: for each module type a depth, and for each of its layers a size, uniformly. */
export function drawSubnet(space: SubnetSpace, stream: Random): Subnet {
  return eachModule(() => drawSizes(space, drawOne(space.depths, stream), stream))
}

/** The sub-network with the fewest parameters. */
export function smallestSubnet({ depths, sizes }: SubnetSpace): Subnet {
  return eachModule(() => new Array<number>(depths[0] as number).fill(sizes[0] as number))
}

/** A sub-network made module type by module type. */
export function eachModule(make: (module: SubnetModule) => readonly number[]): Subnet {
  const [visualPromptDim, loraDim, adapterDim] = subnetModules.map(make) as [number[], number[], number[]]
  return { visualPromptDim, loraDim, adapterDim }
}

/** The settings of `noah` that make a sub-network: a size for every layer, 0 where it has no module. */
export function subnetSettings(subnet: Subnet, layers: number): Subnet {
  return eachModule((module) => Array.from({ length: layers }, (_, layer) => subnet[module][layer] ?? 0))
}

/** Parameters of a sub-network as `noah` counts them: head excluded. */
export function subnetParameters(subnet: Subnet, config: ModelConfig): number {
  return noah.parameterCount(asVit(config), { ...noah.defaults, ...subnetSettings(subnet, depthOf(config)) })
}

/** Tells sub-networks apart: `5,1/10,10,5/1`. */
export function subnetKey(subnet: Subnet): string {
  return subnetModules.map((module) => subnet[module].join()).join('/')
}
