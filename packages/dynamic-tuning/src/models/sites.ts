import type { Tensor } from '@dynamic-tuning/engine'
import type { AfterLinear } from '../nn/linear.ts'
import type { ModelHooks, ModelPlace, Place, SitePlace } from './hooks.ts'

/** The hooks after linear maps and norms, at one place of a model. */
export interface Sites {
  /** For the linear maps of a module: `attn`, `mlp`, `patch_embed`. */
  after(module: string): AfterLinear
  /** Applies the method's hook to the output y of the norm `name`. */
  normed(y: Tensor, name: string): Tensor
}

/** The hooks of `layer`, or of what is outside the layers. */
export function sitesAt(hooks: ModelHooks, place: ModelPlace, layer?: Place): Sites {
  const siteOf = (name: string): SitePlace => ({
    root: place.root,
    config: place.config,
    reads: place.reads,
    name,
    index: layer?.index,
    sizes: layer?.sizes,
    weights: (layer?.weights ?? place.root).at(name),
  })
  return {
    after: (module) => (y, x, name) => hooks.afterLinear?.(y, x, siteOf(`${module}.${name}`)) ?? y,
    normed: (y, name) => hooks.afterNorm?.(y, siteOf(name)) ?? y,
  }
}
