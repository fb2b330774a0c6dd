import { add, linear, mul, reshape, type Tensor, type TensorData } from '@dynamic-tuning/engine'
import { asVit, type BackboneConfig, isVit } from '../models/backbone-config.ts'
import type { ModelPlace } from '../models/hooks.ts'
import { hiddenFeatures, type VitConfig } from '../models/vit/vit-config.ts'
import { kaimingUniform, zeros } from '../nn/initializers.ts'
import { dropped } from './dropout.ts'
import { addProduct, copyOf, product, without } from './merging.ts'
import type { Pass, Tensors, Tuner, TunerOptions } from './tuner.ts'

/**
 * The small matrices S of a layer, which stand between V and U. T is a graph tensor, or an array of numbers.
 */
export interface Cores<T> {
  /** [3r, r]: rows of q, k and v. */
  readonly qkv: T
  /** [r, r] */
  readonly proj: T
  /** [m r, r]: m pieces of outputs, one below the other. */
  readonly fc1: T
  /** [r, m r]: m pieces of inputs, side by side. */
  readonly fc2: T
}

/** Provides the small matrices of one form of FacT. */
export interface CoreSource {
  /** The matrices as nodes of the graph. */
  nodes(place: ModelPlace, layer: number, rank: number): Cores<Tensor>
  /** The matrices as numbers, row by row. */
  values(tensors: Tensors, layer: number, config: VitConfig, rank: number): Cores<ArrayLike<number>>
}

/** m, the number of C x C pieces in the MLP's maps. */
export function pieces(config: VitConfig): number {
  return hiddenFeatures(config) / config.embedDim
}

/**
 * FacT (arXiv:2212.03145): adds s V S U to every C x C piece of every map in a layer, with U `fact.u.weight`
 * [r, C] and V `fact.v.weight` [C, r] shared by the whole model and a small S [r, r] for each piece.
 */
export function factHooks(source: CoreSource, options: TunerOptions, pass: Pass): ReturnType<Tuner['open']> {
  const known = new Map<number, Cores<Tensor>>()
  return {
    hooks: {
      afterLinear(y, x, place) {
        const { name, index } = place
        if (index === undefined) return y
        const cores = known.get(index) ?? source.nodes(place, index, options.rank)
        known.set(index, cores)
        const drop = (h: Tensor): Tensor => dropped(h, pass, { layer: index, slot: maps.indexOf(name) })
        const shared = sharedFactors(place, options.rank)
        const core = cores[name.split('.')[1] as keyof Cores<Tensor>]
        const change = name === 'mlp.fc2' ? gathered(x, core, shared, drop) : spread(x, core, shared, drop)
        return add(y, options.adapterScale === 1 ? change : mul(change, options.adapterScale))
      },
    },
  }
}

/** Maps of a layer in the order of their dropout slots. */
const maps = ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2']

interface Shared {
  readonly u: Tensor
  readonly v: Tensor
}

function sharedFactors({ root, config }: ModelPlace, rank: number): Shared {
  const u = root.get('fact.u.weight', [rank, config.embedDim], kaimingUniform)
  return { u, v: root.get('fact.v.weight', [config.embedDim, rank], zeros) }
}

/** The change of a map with k pieces of outputs. x: [..., C], core: [k r, r] -> [..., k C]. */
function spread(x: Tensor, core: Tensor, { u, v }: Shared, drop: (h: Tensor) => Tensor): Tensor {
  const rows = x.shape.slice(0, -1)
  const [width, rank] = v.shape as [number, number]
  const inner = drop(linear(linear(x, u), core))
  const count = Number(inner.shape.at(-1)) / rank
  if (count === 1) return linear(inner, v)
  return reshape(linear(reshape(inner, [...rows, count, rank]), v), [...rows, count * width])
}

/** The change of a map with m pieces of inputs. x: [..., m C], core: [r, m r] -> [..., C]. */
function gathered(x: Tensor, core: Tensor, { u, v }: Shared, drop: (h: Tensor) => Tensor): Tensor {
  const rows = x.shape.slice(0, -1)
  const [rank, width] = u.shape as [number, number]
  const count = Number(x.shape.at(-1)) / width
  const inner = linear(reshape(x, [...rows, count, width]), u)
  return linear(drop(linear(reshape(inner, [...rows, count * rank]), core)), v)
}

/** Properties that both forms of FacT share. */
export const factTuner = {
  paper: 'arXiv:2212.03145',
  family: 'fact',
  uses: ['rank', 'adapterScale', 'adapterDropout'],
  dropoutSites: ({ rank }) => ({
    perLayer: 4,
    features: (config: VitConfig) => Math.max(3, pieces(config)) * rank,
  }),
  refuses: ({ rank }) => (rank === 0 ? 'its rank is 0; give 16, for instance' : undefined),
  refusesModel(config: BackboneConfig) {
    if (!isVit(config)) return 'its factors are shared by layers of one width, and here stages differ'
    return Number.isInteger(pieces(config))
      ? undefined
      : `it cuts the MLP into pieces of ${config.embedDim} features, and ${hiddenFeatures(config)} are no multiple`
  },
} as const satisfies Partial<Omit<Tuner, 'defaults'>>

/** Adds s V S U to every piece of the dense weights. */
export function mergeFact(source: CoreSource): NonNullable<Tuner['merge']> {
  return (tensors, model, { rank, adapterScale }) => {
    const config = asVit(model)
    const merged = without(tensors, /(?:^|\.)fact(?:\.|_)/)
    const [u, v] = ['fact.u.weight', 'fact.v.weight'].map((name) => tensors.get(name)?.data as Float32Array)
    const factors = { u, v, rank, scale: adapterScale, width: config.embedDim } as PlainFactors
    for (let i = 0; i < config.depth; i++) {
      const cores = source.values(tensors, i, config, rank)
      const all = {
        'attn.qkv': cores.qkv,
        'attn.proj': cores.proj,
        'mlp.fc1': cores.fc1,
        'mlp.fc2': cores.fc2,
      }
      for (const [name, core] of Object.entries(all)) {
        const weight = copyOf(tensors, `blocks.${i}.${name}.weight`)
        mergeMap(weight, core, factors, name === 'mlp.fc2')
        merged.set(`blocks.${i}.${name}.weight`, weight as TensorData)
      }
    }
    return merged
  }
}

interface PlainFactors {
  readonly u: Float32Array
  readonly v: Float32Array
  readonly rank: number
  readonly width: number
  readonly scale: number
}

/**
 * Adds the change of every piece of one map; pieces lie one below the other, or with `beside` side by side.
 */
function mergeMap(
  weight: TensorData<'float32'>,
  core: ArrayLike<number>,
  { u, v, rank, width, scale }: PlainFactors,
  beside: boolean,
): void {
  const count = core.length / rank ** 2
  const columns = weight.shape[1] as number
  for (let j = 0; j < count; j++) {
    // S of piece j: rows from j r of [k r, r], or columns from j r of [r, k r].
    const piece = Float64Array.from({ length: rank ** 2 }, (_, i) => {
      const [row, column] = [Math.floor(i / rank), i % rank]
      return core[
        beside ? row * count * rank + j * rank + column : (j * rank + row) * rank + column
      ] as number
    })
    const left = product({ left: v, right: piece, inner: rank })
    const place = { row: beside ? 0 : j * width, column: beside ? j * width : 0, columns }
    addProduct(weight.data, place, { left, right: u, inner: rank }, scale)
  }
}
