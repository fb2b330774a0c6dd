import { add, linear, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { asVit, isVit } from '../models/backbone-config.ts'
import { depthOf } from '../models/families.ts'
import type { Place } from '../models/hooks.ts'
import { readsClassToken } from '../models/taps.ts'
import type { VitConfig } from '../models/vit/vit-config.ts'
import { bottleneck, leading } from '../nn/bottleneck.ts'
import { kaimingUniform, zeros } from '../nn/initializers.ts'
import { quickGelu } from '../nn/quick-gelu.ts'
import type { Weights } from '../nn/weight-store.ts'
import { dropped } from './dropout.ts'
import { addProduct, copyOf, without } from './merging.ts'
import { defineTuner, type Pass, type Tensors, type TunerOptions } from './tuner.ts'
import { promptStart, withoutPrompts, withPrompts } from './vpt.ts'

type Module = 'visualPromptDim' | 'loraDim' | 'adapterDim'
const modules: readonly Module[] = ['visualPromptDim', 'loraDim', 'adapterDim']

/** Size of a type of module in a layer. */
function sizeAt(options: TunerOptions, module: Module, layer: number): number {
  const list = options[module] ?? [0]
  return (list.length === 1 ? list[0] : list[layer]) ?? 0
}

/** Number of prompts in a layer: a layer's own prompts replace those of the previous layer, if it has any. */
function promptsAt(options: TunerOptions, layer: number): number {
  let count = 0
  for (let i = 0; i <= layer; i++) count += sizeAt(options, 'visualPromptDim', i) - replaced(options, i)
  return count
}

/** Number of prompts removed before layer `i` adds its own. */
function replaced(options: TunerOptions, i: number): number {
  return i === 0 || sizeAt(options, 'visualPromptDim', i) === 0
    ? 0
    : sizeAt(options, 'visualPromptDim', i - 1)
}

/**
 * One sub-network of NOAH (arXiv:2206.04673). Every layer has prompts, a low-rank change of query,
 * key and value with a shared A (scale 1), and an adapter after the MLP; the search chose their
 * sizes. With `superDim`, the weights are those of the super-network, and their leading slices are
 * used. Prompts come right after the class token; since they have no positions, this is equivalent to
 * the paper's place at the end.
 */
export const noah = defineTuner({
  name: 'noah',
  summary: 'prompts, low-rank changes and adapters of sizes of their own in every layer',
  paper: 'arXiv:2206.04673',
  equation: "[q k v] = [q k v] + u A^T B^T, f' = f + qg(f Wd^T + bd) Wu^T + bu, prompts before the layer",
  family: 'subnet',
  startsAsBase: false,
  trainable: [/(?:^blocks\.\d+\.prompt$|\.attn\.lora\.|\.adapter\.)/],
  defaults: { visualPromptDim: [5], loraDim: [5], adapterDim: [5], adapterDropout: 0.1 },
  uses: [...modules, 'superDim', 'adapterDropout'],
  parameterFormula: 'sum over layers of p D + 4 l D + (2 a D + a + D if a > 0)',
  parameterCount,
  promptsAt,
  needsAllTokens: ({ visualPromptDim = [0] }) =>
    Math.max(...visualPromptDim) > 0
      ? 'its prompts have places among the tokens and were not meant to leave'
      : undefined,
  dropoutSites: (options) => ({ perLayer: 2, features: () => widest(options) }),
  refuses(options) {
    const largest = Math.max(widest(options), ...(options.visualPromptDim ?? [0]))
    if (largest === 0) return 'all its sizes are 0; give visualPromptDim, loraDim or adapterDim'
    const { superDim = largest } = options
    return largest > superDim ? `a size of ${largest} does not fit into superDim ${superDim}` : undefined
  },
  refusesModel(config, options) {
    if (!isVit(config))
      return 'its prompts join one sequence of tokens, and here tokens fill a grid of windows'
    const { depth } = config
    const wrong = modules.find((name) => ![1, depth].includes(options[name]?.length ?? 1))
    return wrong && `${wrong} has ${options[wrong]?.length} sizes for ${depth} layers; give one, or ${depth}`
  },
  merge,
  leftAfterMerge: (options) => ({ ...options, loraDim: [0] }),
  open: (options, pass) => ({
    hooks: {
      enter: (x, place) => prompted(x, place, options),
      afterLinear(y, x, { name, index, root }) {
        if (name !== 'attn.qkv' || index === undefined) return y
        return lowRank(y, x, root.at(`blocks.${index}.attn.lora`), { index, options, pass })
      },
      branch: (y, part, place) => (part === 'mlp' ? adapted(y, place, options, pass) : y),
      leave: (x, _stages, { config, reads }) =>
        readsClassToken(reads, depthOf(config))
          ? x
          : withoutPrompts(x, promptsAt(options, depthOf(config) - 1)),
    },
  }),
})

const widest = ({ loraDim = [0], adapterDim = [0] }: TunerOptions): number =>
  Math.max(...loraDim, ...adapterDim)

function prompted(x: Tensor, { index, weights, config }: Place, options: TunerOptions): Tensor {
  const count = sizeAt(options, 'visualPromptDim', index)
  if (count === 0) return x
  const { superDim = count } = options
  const all = weights.get('prompt', [1, superDim, config.embedDim], promptStart(asVit(config)))
  return withPrompts(withoutPrompts(x, replaced(options, index)), leading(all, 1, count))
}

function lowRank(
  y: Tensor,
  x: Tensor,
  weights: Weights,
  { index, options, pass }: { index: number; options: TunerOptions; pass: Pass },
): Tensor {
  const rank = sizeAt(options, 'loraDim', index)
  if (rank === 0) return y
  const { superDim = rank } = options
  const width = Number(x.shape.at(-1))
  const a = leading(weights.get('a.weight', [superDim, width], kaimingUniform), 0, rank)
  const b = leading(weights.get('b.weight', [3 * width, superDim], zeros), 1, rank)
  return add(y, linear(dropped(linear(x, a), pass, { layer: index, slot: 0 }), b))
}

function adapted(y: Tensor, { index, weights }: Place, options: TunerOptions, pass: Pass): Tensor {
  const features = sizeAt(options, 'adapterDim', index)
  if (features === 0) return y
  const drop = (inner: Tensor): Tensor => dropped(inner, pass, { layer: index, slot: 1 })
  const settings = { features, stored: options.superDim ?? features, activation: quickGelu, drop }
  return add(y, bottleneck(y, weights.at('adapter'), settings))
}

/** Number of parameters in use, even if the stored weights are those of the super-network. */
function parameterCount({ depth, embedDim: width }: VitConfig, options: TunerOptions): number {
  const each = Array.from({ length: depth }, (_, layer) => {
    const [p, l, a] = modules.map((name) => sizeAt(options, name, layer)) as [number, number, number]
    return p * width + 4 * l * width + (a > 0 ? 2 * a * width + a + width : 0)
  })
  return each.reduce((sum, count) => sum + count, 0)
}

/**
 * Adds the product of B's first l columns and A's first l rows to `qkv.weight`; prompts and adapters stay.
 */
function merge(
  tensors: Tensors,
  { depth, embedDim }: VitConfig,
  options: TunerOptions,
): Map<string, TensorData> {
  const merged = without(tensors, /\.attn\.lora\./)
  for (let i = 0; i < depth; i++) {
    const rank = sizeAt(options, 'loraDim', i)
    if (rank === 0) continue
    const name = `blocks.${i}.attn`
    const [a, b] = ['a', 'b'].map((factor) => tensors.get(`${name}.lora.${factor}.weight`)) as [
      TensorData<'float32'>,
      TensorData<'float32'>,
    ]
    const stored = b.shape[1] as number
    const left = b.data.filter((_, at) => at % stored < rank)
    const right = a.data.subarray(0, rank * embedDim)
    const weight = copyOf(tensors, `${name}.qkv.weight`)
    addProduct(weight.data, { row: 0, column: 0, columns: embedDim }, { left, right, inner: rank }, 1)
    merged.set(`${name}.qkv.weight`, weight)
  }
  return merged
}
