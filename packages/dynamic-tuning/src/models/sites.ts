import type { Tensor } from '@dynamic-tuning/engine'
import type { AfterLinear } from '../nn/linear.ts'
import type { ModelHooks, ModelPlace, SitePlace } from './hooks.ts'

/** The hooks after linear maps and norms, at one place of a model. */
export interface Sites {
  /** For the linear maps of a module: `attn`, `mlp`, `patch_embed`. */
  after(module: string): AfterLinear
  /** What the norm `name` gives, changed by the method. */
  normed(y: Tensor, name: string): Tensor
}

/** Those of layer `index`, or of what is outside of layers. */
export function sitesAt(hooks: ModelHooks, { root, config }: ModelPlace, index?: number): Sites {
  const siteOf = (name: string): SitePlace => ({
    root,
    config,
    name,
    index,
    weights: root.at(index === undefined ? name : `blocks.${index}.${name}`),
  })
  return {
    after: (module) => (y, x, name) => hooks.afterLinear?.(y, x, siteOf(`${module}.${name}`)) ?? y,
    normed: (y, name) => hooks.afterNorm?.(y, siteOf(name)) ?? y,
  }
}
