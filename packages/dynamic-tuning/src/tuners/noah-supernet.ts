import {
  add,
  concat,
  type Dim,
  filled,
  greater,
  input,
  mul,
  reshape,
  slice,
  type Tensor,
  type TensorData,
  where,
  zerosLike,
} from '@dynamic-tuning/engine'
import { type AttentionMix, mixActive } from '../nn/self-attention.ts'
import type { Weights } from '../nn/weight-store.ts'
import { noah } from './noah.ts'
import type { Tuner, TunerOptions, TunerPass } from './tuner.ts'

/** NOAH's types of modules, each named by the setting with its sizes. */
export const subnetModules = ['visualPromptDim', 'loraDim', 'adapterDim'] as const

/** A type of module. */
export type SubnetModule = (typeof subnetModules)[number]

/**
 * Sizes of a sub-network for each type of module. Lists cover the first layers, which have the
 * module; later layers do not.
 */
export type Subnet = { readonly [M in SubnetModule]: readonly number[] }

/** Name of the super-network's additional input. */
export const subnetInput = 'subnet'

/** Settings that give `noah` the weights of the whole super-network. */
export function supernetOptions(superDim: number): Pick<TunerOptions, SubnetModule | 'superDim'> {
  return { visualPromptDim: [superDim], loraDim: [superDim], adapterDim: [superDim], superDim }
}

/**
 * The value of the input `subnet`, [3, L, R]: for each module type and layer, 1 for features
 * in use and 0 for the others.
 */
export function subnetMasks(subnet: Subnet, depth: number, superDim: number): TensorData<'float32'> {
  const data = new Float32Array(subnetModules.length * depth * superDim)
  for (const [type, module] of subnetModules.entries())
    for (const [layer, size] of subnet[module].entries()) {
      const start = (type * depth + layer) * superDim
      data.fill(1, start, start + size)
    }
  return { dtype: 'float32', shape: [subnetModules.length, depth, superDim], data }
}

/**
 * NOAH's super-network for models of `depth` layers, used with the settings of `supernetOptions`. One graph
 * computes any sub-network whose sizes are at most R = `superDim`; the input `subnet` [3, L, R], made by
 * `subnetMasks`, selects it. It is `noah` at full size: unused features are multiplied by 0, and unused
 * prompts are excluded from the attention keys.
 */
export function noahSupernet(depth: number, superDim: number): Tuner {
  return {
    ...noah,
    name: 'noah-supernet',
    open: (options, pass) => openMasked(options, pass, depth, superDim),
  }
}

function openMasked(
  options: TunerOptions,
  pass: Parameters<Tuner['open']>[1],
  depth: number,
  superDim: number,
): TunerPass {
  const all = input(subnetInput, [subnetModules.length, depth, superDim])
  const maskOf = (module: SubnetModule, layer: number): Tensor => {
    const type = subnetModules.indexOf(module)
    return reshape(slice(slice(all, 0, type, type + 1), 1, layer, layer + 1), [superDim])
  }
  const { hooks } = noah.open(options, pass)
  const keys = promptsInForce(depth, maskOf)
  return {
    hooks: {
      ...hooks,
      enter(x, place) {
        const renewed = hooks.enter?.(x, place) ?? x
        if (place.index === 0) return renewed
        return where(isThere(maskOf('visualPromptDim', place.index)), renewed, x)
      },
      afterLinear(y, x, place) {
        const root = maskedWeights(place.root, (name, weight) => {
          const [, layer] = /^blocks\.(\d+)\.attn\.lora\.a\.weight$/.exec(name) ?? []
          return layer === undefined ? weight : mul(weight, asColumn(maskOf('loraDim', Number(layer))))
        })
        return hooks.afterLinear?.(y, x, { ...place, root }) ?? y
      },
      branch(y, part, place) {
        const mask = maskOf('adapterDim', place.index)
        const weights = maskedWeights(place.weights, (name, weight) => {
          if (name === 'adapter.up.weight') return mul(weight, mask)
          return name === 'adapter.up.bias' ? mul(weight, slice(mask, 0, 0, 1)) : weight
        })
        return hooks.branch?.(y, part, { ...place, weights }) ?? y
      },
    },
    mix: ({ index }) => withoutKeys(keys[index] as Tensor),
  }
}

/** True if the module is present at all: bool [1]. */
const isThere = (mask: Tensor): Tensor => greater(slice(mask, 0, 0, 1), 0.5)

const asColumn = (mask: Tensor): Tensor => reshape(mask, [mask.shape[0] as Dim, 1])

/**
 * For each layer, the mask [R] of its prompts: those of the previous layer stay if
 * a layer has none of its own.
 */
function promptsInForce(depth: number, maskOf: (module: SubnetModule, layer: number) => Tensor): Tensor[] {
  const masks = [maskOf('visualPromptDim', 0)]
  for (let layer = 1; layer < depth; layer++) {
    const own = maskOf('visualPromptDim', layer)
    masks.push(where(isThere(own), own, masks[layer - 1] as Tensor))
  }
  return masks
}

/** Attention that ignores prompts whose mask [R] is 0; prompts come right after the class token. */
function withoutKeys(mask: Tensor): AttentionMix {
  return (qkv, heads, bias) => {
    const [batch, tokens] = qkv.shape as [Dim, number]
    const others = tokens - 1 - Number(mask.shape[0])
    const row = concat([filled(1, [1]), mask, filled(1, [others])], 0)
    const perImage = reshape(zerosLike(slice(slice(qkv, 1, 0, 1), 2, 0, 1)), [batch, 1])
    return mixActive(greater(add(perImage, row), 0.5))(qkv, heads, bias)
  }
}

/** Wraps weights so that `change` may replace each one when it is requested. */
function maskedWeights(
  weights: Weights,
  change: (name: string, weight: Tensor) => Tensor,
  below = '',
): Weights {
  return {
    get: (name, shape, init) => change(`${below}${name}`, weights.get(name, shape, init)),
    buffer: (name, shape, init) => weights.buffer(name, shape, init),
    at: (name) => maskedWeights(weights.at(name), change, `${below}${name}.`),
  }
}
