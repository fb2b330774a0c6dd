import { present, type Random } from '@dynamic-tuning/engine'
import { asVit } from '../../models/backbone-config.ts'
import { depthOf } from '../../models/families.ts'
import type { ModelConfig } from '../../models/model-config.ts'
import { noah } from '../../tuners/noah.ts'
import { type Subnet, type SubnetModule, subnetModules } from '../../tuners/noah-supernet.ts'

/** Search space of sub-networks: numbers of layers with a module, and module sizes. */
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

/**
 * The search space of a model: depths of a quarter, half, three quarters and all of its layers ({3,
 * 6, 9, 12} of 12).
 */
export function subnetSpace(layers: number, sizes: readonly number[] = publishedSizes): SubnetSpace {
  const depths = [1, 2, 3, 4].map((quarters) => Math.max(1, Math.round((quarters * layers) / 4)))
  return { layers, depths: ascending(depths), sizes: ascending(sizes) }
}

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** Draws one of `values` uniformly. */
export function drawOne<T>(values: readonly T[], stream: Random): T {
  return present(values[stream.integer(values.length)], 'a value to draw')
}

/** Draws `count` sizes uniformly. */
export function drawSizes({ sizes }: SubnetSpace, count: number, stream: Random): number[] {
  return Array.from({ length: count }, () => drawOne(sizes, stream))
}

/** Draws a sub-network: for each module type a depth, and for each of its layers a size, uniformly. */
export function drawSubnet(space: SubnetSpace, stream: Random): Subnet {
  return eachModule(() => drawSizes(space, drawOne(space.depths, stream), stream))
}

/** The sub-network with the fewest parameters. */
export function smallestSubnet({ depths, sizes }: SubnetSpace): Subnet {
  const [depth = 0] = depths
  const [size = 0] = sizes
  return eachModule(() => new Array<number>(depth).fill(size))
}

/** Builds a sub-network from the sizes of each module type. */
export function eachModule(make: (module: SubnetModule) => readonly number[]): Subnet {
  return {
    visualPromptDim: make('visualPromptDim'),
    loraDim: make('loraDim'),
    adapterDim: make('adapterDim'),
  }
}

/** The settings of `noah` that make a sub-network: a size for every layer, 0 where it has no module. */
export function subnetSettings(subnet: Subnet, layers: number): Subnet {
  return eachModule((module) => Array.from({ length: layers }, (_, layer) => subnet[module][layer] ?? 0))
}

/** Parameters of a sub-network as `noah` counts them: head excluded. */
export function subnetParameters(subnet: Subnet, config: ModelConfig): number {
  return noah.parameterCount(asVit(config), { ...noah.defaults, ...subnetSettings(subnet, depthOf(config)) })
}

/** Unique text of a sub-network: `5,1/10,10,5/1`. */
export function subnetKey(subnet: Subnet): string {
  return subnetModules.map((module) => subnet[module].join()).join('/')
}
