import { narrow, sizeOf } from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { layersOf } from '../models/families.ts'
import { isOwn } from '../models/own-weights.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import { mergedNetwork } from '../network/merge.ts'
import type { Network } from '../network/network.ts'
import { WeightStore } from '../nn/weight-store.ts'
import type { BlockForm, Dispatch } from '../tuners/tuner.ts'
import { type Cost, countCost, symbolsIn } from './count-cost.ts'

/** The model to count, and how many of its tokens are active. */
export interface ModelCostSettings {
  readonly network: Network
  /**
   * Share of active patch tokens among those present, the same at every gate.
   * Default: the method's target rate.
   */
  readonly activeRate?: number | undefined
  /**
   * Means over a test set for each gate: the share of active patch tokens (at sample level, of images),
   * and the root mean square of that share, which determines the cost of attention. Default of `rms`:
   * every image has the mean share.
   */
  readonly gates?: readonly { readonly rate: number; readonly rms?: number }[]
  /** How much of the block behind each gate remains. Default: all of it. */
  readonly blocks?: readonly BlockForm[]
  /**
   * True to count what inference computes: only what the class token needs in the last layer. Default:
   * the whole model, as in papers.
   */
  readonly computed?: boolean
}

/** Parameters and multiply-accumulates of one image or clip. */
export interface ModelCost {
  readonly params: {
    /** Frozen and trained weights, without buffers. */
    readonly total: number
    /** All weights the method trains: adapters, dispatchers, head. */
    readonly trainable: number
    /** Trained parameters without those that every method trains: the head, tables of a new bias. */
    readonly trainableWithoutHead: number
    /** Trained parameters by module, summed over layers. The paper's tables count only `adaptmlp`. */
    readonly trainableParts: Readonly<Record<string, number>>
  }
  readonly flops: Cost
}

/**
 * Counts parameters and FLOPs of a tuned model from its graph, without creating weights. FLOPs are those of
 * inference, for which methods such as LoRA are merged into the dense weights (see `mergedNetwork`): they
 * cost what the plain model does. Methods that dispatch are counted as a model that skips inactive tokens.
 * Dispatcher logits are counted for class and register tokens too, although these are always active.
 * @throws ConfigError for a rate outside of 0..1, or if the number of rates differs from the number of gates
 * @example
 * ```ts
 * import { modelCost } from 'dynamic-tuning'
 * import { modelConfig, modelOf, network, tunerNamed } from 'dynamic-tuning/models'
 *
 * const model = modelOf(modelConfig('vit_base_patch16_224', 100))
 * const tuned = network({ ...model, tuner: tunerNamed('dyt') })
 * const { params, flops } = modelCost({ network: tuned, activeRate: 0.5 })
 * console.log(params.trainable, flops.total)
 * ```
 */
export function modelCost(settings: ModelCostSettings): ModelCost {
  return { params: countParameters(settings), flops: countFlops(settings) }
}

/** Counts only the FLOPs of a tuned model, as `modelCost` does. @throws as `modelCost` */
export function countFlops(given: ModelCostSettings): Cost {
  const settings = { ...given, network: mergedNetwork(given.network) }
  const { network, blocks, computed = false } = settings
  const pass = { kind: 'skip', blocks, classTokenOnly: computed } as const
  const whole = network.pass(emptyStore(), network.input(), pass)
  const outputs = Object.values(computed ? narrow(whole.outputs) : whole.outputs)
  const sizes = openSizes(settings, whole.dispatches)
  const symbols = Object.fromEntries([...symbolsIn(outputs)].map((name) => [name, sizeNamed(name, sizes)]))
  return countCost(outputs, symbols)
}

/** A store that collects the shapes of the weights a graph asks for. */
const emptyStore = (): WeightStore => new WeightStore({ trainable: [/./] })

/**
 * Mean open sizes of the graph for one image or clip: `K{g}` rows, `M{g}` slots and `S{g}` images of gate g.
 */
function openSizes(
  { network, activeRate = network.options.rate, gates: given }: ModelCostSettings,
  dispatches: readonly Dispatch[],
): Record<string, number> {
  const { config, sample, tuner, options } = network
  const { sites } = network.gates
  const layers = layersOf(config)
  const gates: NonNullable<typeof given> = given ?? sites.map(() => ({ rate: activeRate }))
  if (gates.length !== sites.length)
    throw new ConfigError(`cost: ${gates.length} rates for ${sites.length} gates. Give one for each.`)
  const sizes: Record<string, number> = { B: 1 }
  for (const [gate, { rate, rms = rate }] of gates.entries()) {
    if (!(rate >= 0 && rate <= 1))
      throw new ConfigError(`cost: active rate ${rate}. Give a share from 0 to 1.`)
    const layer = sites[gate]?.layer ?? 0
    const prefix = (layers[layer]?.prefix ?? 0) + tuner.promptsAt(options, layer)
    // Tokens at this gate: fewer than patches if some were merged before. Not used at sample level.
    const patches = Number(dispatches[gate]?.mask.shape[1])
    sizes[`S${gate}`] = imageRows(sample, rate)
    sizes[`K${gate}`] = imageRows(sample, prefix + rate * patches)
    // Root mean square of the number of prefix and active tokens: its square
    // gives the mean cost of attention.
    sizes[`M${gate}`] = Math.sqrt(prefix ** 2 + 2 * prefix * rate * patches + (rms * patches) ** 2)
  }
  return sizes
}

function sizeNamed(symbol: string, sizes: Readonly<Record<string, number>>): number {
  const size = sizes[symbol]
  if (size === undefined)
    throw new ConfigError(`cost: size ${symbol} is not known. This method cannot be counted.`)
  return size
}

function countParameters({ network, blocks }: ModelCostSettings): ModelCost['params'] {
  const trainableParts: Record<string, number> = {}
  let total = 0
  let trainable = 0
  let ofHead = 0
  for (const [name, shape] of weightsOf(network, blocks)) {
    const size = sizeOf(shape)
    total += size
    if (!network.tunable.some((pattern) => pattern.test(name))) continue
    trainable += size
    const part = name.replace(/^(?:layers\.\d+\.)?(?:blocks\.\d+\.)?/, '').split('.')[0] as string
    trainableParts[part] = (trainableParts[part] ?? 0) + size
    if (isOwn(network, name)) ofHead += size
  }
  return { total, trainable, trainableWithoutHead: trainable - ofHead, trainableParts }
}

/**
 * Shapes of all weights, without buffers: those of inference, and those of the head that only training uses,
 * such as an auxiliary head's.
 */
function weightsOf(
  network: Network,
  blocks: ModelCostSettings['blocks'],
): ReadonlyMap<string, readonly number[]> {
  const [inference, training] = [emptyStore(), emptyStore()]
  network.pass(inference, network.input(), { kind: 'skip', blocks })
  network.pass(training, network.input(), { kind: 'train' })
  const only = [...training.shapes].filter(([name]) => isOwn(network, name))
  const buffers = new Set([...inference.buffers.keys(), ...training.buffers.keys()])
  return new Map([...inference.shapes, ...only].filter(([name]) => !buffers.has(name)))
}
