import { dims, input, reshape, slice, type Tensor } from '@dynamic-tuning/engine'
import type { BackboneConfig } from '../models/backbone-config.ts'
import { depthOf } from '../models/families.ts'
import type { SampledBackbone } from '../models/model.ts'
import { imageRows } from '../models/samples/sample-layout.ts'

/** The residual branches of a layer that drop path treats, each with draws of its own. */
export const dropPathBranches = ['attn', 'mlp'] as const

/**
 * The graph input `name` with the factors of drop path (stochastic depth, arXiv:1603.09382), [2 L, I, 1] for
 * I images or frames: attention and MLP of layer 0, of layer 1, and so on; each is 0 or 1 / (1 - p) as in
 * timm. Undefined if nothing is dropped.
 */
export function dropPathInput(
  name: string,
  dropPath: number,
  { config, sample }: SampledBackbone,
): Tensor | undefined {
  if (dropPath === 0) return undefined
  return input(name, [dropPathBranches.length * depthOf(config), imageRows(sample, 'B'), 1])
}

/** The chance p of each layer, [L]: from 0 in the first to `dropPath` in the last, as in timm. */
export function dropPathChances(dropPath: number, config: BackboneConfig): number[] {
  const last = depthOf(config) - 1
  return Array.from({ length: last + 1 }, (_, layer) => (last === 0 ? 0 : (dropPath * layer) / last))
}

/** The factors of one branch of a layer, [I, 1, 1]. */
export function dropPathFactor(
  factors: Tensor,
  layer: number,
  branch: (typeof dropPathBranches)[number],
): Tensor {
  const [, images] = dims(factors, 'S I 1', 'drop path')
  const slot = layer * dropPathBranches.length + dropPathBranches.indexOf(branch)
  return reshape(slice(factors, 0, slot, slot + 1), [images, 1, 1])
}
