import {
  type CompileOptions,
  compile,
  concat,
  type Device,
  type Feeds,
  narrow,
  type Program,
  reduceMax,
  reduceMean,
  reduceSum,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { ConfigError } from '../errors.ts'
import { isBackboneMap } from '../models/backbone-maps.ts'
import { resultsOf } from '../models/head.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { Network } from '../network/network.ts'
import type { Outputs } from '../network/outputs.ts'
import type { InferenceKind, NetworkPass } from '../network/pass.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import { valuesOfPatches } from '../reduction/to-patches.ts'
import { floatData } from '../training/float-data.ts'
import { gumbelNoise } from '../training/noise.ts'
import type { GateShape } from '../tuners/dispatch-inputs.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { BlockForm, Dispatch } from '../tuners/tuner.ts'
import { bucketedProgram } from './bucketed-program.ts'

/** What a classifier is built from. */
export interface ClassifierSettings {
  readonly network: Network
  /** Trained weights become inputs and are passed with every call; all others are stored in the program. */
  readonly store: WeightStore
  /**
   * `skip` (default) computes active tokens only; `masked` computes all tokens and masks the results;
   * `complete` opens every gate.
   */
  readonly pass?: InferenceKind
  readonly compile?: CompileOptions
  /** Smallest gate probability of an active token, for all gates or for each. Default: 0.5. */
  readonly thresholds?: number | readonly number[] | undefined
  /** True to store the thresholds in the graph instead of taking them as an input. */
  readonly fixedThresholds?: boolean | undefined
  /** How much of the block behind each gate remains. Default: all of it. */
  readonly blocks?: readonly BlockForm[] | undefined
  /** True to add the output `probabilities` `[B, D, n]`: the gate probability of every decision. */
  readonly probabilities?: boolean | undefined
  /** Seed of random dispatch. */
  readonly seed?: number | undefined
  /** Applied to the finished graph, such as `withoutPrefix`. */
  readonly rewrite?: ((outputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>) | undefined
  /**
   * True to skip with a fixed number of places for active tokens, which grows as needed, instead of lists of
   * variable length. Default: true on `webgpu`, where lists would be built on the host.
   */
  readonly buckets?: boolean | undefined
}

/**
 * The head's outputs for a batch of images or clips, and which tokens were active. Clips have
 * masks for their B * T frames.
 */
export interface Prediction {
  /** The outputs of the head by name, such as `logits` [B, K], or [B, K, h, w] for places of the images. */
  readonly outputs: Outputs
  /**
   * 0 or 1 for every patch token and gate, [B, D, n] for D gates (see `gates`), or gate after gate where n
   * differs; undefined without dispatch.
   */
  readonly masks: Float32Array | undefined
  /** Share of active tokens among those present at a gate, [B, D]; only if tokens are merged before it. */
  readonly shares?: Float32Array | undefined
  /** sigmoid(logit) of every decision, [B, D, n]; only if requested in the settings. */
  readonly probabilities?: Float32Array | undefined
}

/**
 * Builds the inference graph of a tuned model.
 * Inputs: the images `name` [B, 3, H, W], or clips [B, 3, T, H, W] for a model with frames; with dispatch
 * `threshold` [D], and `noise` if it is random.
 * Outputs: those of the head, such as `logits` [B, K]; with dispatch `masks` [B, D, n], or
 * [B, n_1 + ... + n_D], gate after gate, if gates decide on different numbers of tokens. If tokens are
 * merged, masks refer to the original patches, and `shares` [B, D] is the share of active tokens among those
 * present. Clips have masks and shares for B * T frames.
 * `capacities` [D] limits the active tokens of an image at each gate; the output `needed` [D] then tells how
 * many places the batch needed. If it exceeds the capacity, all other outputs are wrong.
 */
export function inferenceGraph(
  settings: ClassifierSettings,
  name = 'images',
  capacities?: readonly number[],
): Record<string, Tensor> {
  const { network, store } = settings
  const pass = passOf(settings, capacities)
  const { outputs: all, dispatches, reduced } = network.pass(store, network.input(name), pass)
  const ofHead = resultsOf(network.head, all)
  if (dispatches.length === 0) return narrow(ofHead)
  const ofPatches = (of: (each: Dispatch) => Tensor): Tensor =>
    stackLayers(
      dispatches.map((each) => valuesOfPatches(of(each), each, reduced, network.options.dispatchLevel)),
    )
  const outputs: Record<string, Tensor> = { ...ofHead, masks: ofPatches(({ mask }) => mask) }
  if (settings.probabilities) outputs.probabilities = ofPatches(({ soft }) => soft)
  if (reduced.places.size > 0)
    outputs.shares = concat(
      dispatches.map(({ mask }) => reduceMean(mask, { axes: [1], keepDims: true })),
      1,
    )
  if (capacities) outputs.needed = mostActive(dispatches)
  return narrow(outputs)
}

function passOf(settings: ClassifierSettings, capacities: readonly number[] | undefined): NetworkPass {
  const { network, pass: kind = 'skip', blocks, fixedThresholds } = settings
  if (kind === 'complete') return { kind }
  const thresholds = fixedThresholds
    ? thresholdList(settings.thresholds, network.gates.sites.length)
    : undefined
  return { kind, thresholds, blocks, capacities, classTokenOnly: true }
}

/** The largest number of active patch tokens of an image at each gate, [D]. */
function mostActive(dispatches: readonly Dispatch[]): Tensor {
  const ofGate = ({ mask }: Dispatch): Tensor => reduceMax(reduceSum(mask, { axes: [1] }), { keepDims: true })
  return concat(dispatches.map(ofGate), 0)
}

/** Compiles the program; with fixed sizes if the settings or the device require it. */
async function programOf(settings: ClassifierSettings): Promise<Program> {
  const { network, pass = 'skip', compile: chosen } = settings
  const compiled = { fused: isNative(chosen?.device), reduced: isBackboneMap, ...chosen }
  const graph = (capacities?: Parameters<typeof inferenceGraph>[2]): Readonly<Record<string, Tensor>> => {
    const whole = inferenceGraph(settings, 'images', capacities)
    return settings.rewrite?.(whole) ?? whole
  }
  const { options, gates } = network
  const { sites, perGate } = gates
  const wanted = settings.buckets ?? chosen?.device === 'webgpu'
  if (!wanted || pass !== 'skip' || sites.length === 0 || options.dispatchLevel === 'sample')
    return compile(graph(), compiled)
  return bucketedProgram({
    build: (capacities) => compile(graph(capacities), compiled),
    start: perGate.map((count) => options.rate * count),
    tokens: perGate,
  })
}

/** A compiled tuned model that classifies batches of any size. */
export class Classifier {
  private constructor(
    readonly settings: ClassifierSettings,
    private readonly program: Program,
  ) {}

  static async create(settings: ClassifierSettings): Promise<Classifier> {
    return new Classifier(settings, await programOf(settings))
  }

  /**
   * Classifies normalised images [B, 3, H, W] or clips [B, 3, T, H, W]. `weights` are the trained
   * weights, if the store has any; those that this pass does not use, such as dispatchers in the
   * complete model, are ignored. `first` is the index of the first image or clip in the whole data set:
   * random dispatch draws by index.
   */
  async classify(
    images: Float32Array,
    weights: ReadonlyMap<string, TensorData> = new Map(),
    { first = 0, thresholds = this.settings.thresholds }: ClassifyOptions = {},
  ): Promise<Prediction> {
    const used = this.program.inputs.filter(({ name }) => weights.has(name))
    const feeds = used.map(({ name }) => [name, weights.get(name) as TensorData] as const)
    const gates = this.gateFeeds(images, first, thresholds)
    const outputs = await this.program.run({ images, ...gates, ...Object.fromEntries(feeds) })
    const { masks, shares, probabilities, needed: _needed, ...ofHead } = outputs
    return {
      outputs: Object.fromEntries(Object.entries(ofHead).map(([name, value]) => [name, floats(value, name)])),
      masks: masks && floatData(masks, 'masks'),
      shares: shares && floatData(shares, 'shares'),
      probabilities: probabilities && floatData(probabilities, 'probabilities'),
    }
  }

  /**
   * The model's gates and the number of decisions each makes per image: D, and n of the masks for each gate.
   */
  get gates(): GateShape {
    return this.settings.network.gates
  }

  private gateFeeds(images: Float32Array, first: number, thresholds: ClassifyOptions['thresholds']): Feeds {
    const { seed = 0, network } = this.settings
    const { sample } = network
    const { sites, decisions } = this.gates
    const feeds: Record<string, TensorData> = {}
    for (const { name } of this.program.inputs) {
      if (name === 'threshold') {
        const data = Float32Array.from(thresholdList(thresholds, sites.length))
        feeds.threshold = { dtype: 'float32', shape: [sites.length], data }
      }
      const count = imageRows(sample, images.length / this.imageLength)
      const key = { seed, step: 'inference', first: imageRows(sample, first) } as const
      if (name === 'noise') feeds.noise = gumbelNoise(key, [sites.length, count, decisions])
    }
    return feeds
  }

  /** Number of values per image, or clip, in the program's input. */
  private get imageLength(): number {
    const { shape = [] } = this.program.inputs.find(({ name }) => name === 'images') ?? {}
    return shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1)
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/** Options of a single call. */
export interface ClassifyOptions {
  readonly first?: number
  readonly thresholds?: number | readonly number[] | undefined
}

/**
 * Returns one threshold per gate.
 * @throws ConfigError if their number is wrong, or a value is outside of 0..1
 */
function thresholdList(given: ClassifyOptions['thresholds'], gates: number): readonly number[] {
  const all = typeof given === 'object' ? given : new Array<number>(gates).fill(given ?? 0.5)
  if (all.length !== gates || all.some((value) => !(value >= 0 && value <= 1)))
    throw new ConfigError(
      `threshold: [${all}] for ${gates} gates. Give one probability from 0 to 1, or ${gates} of them.`,
    )
  return all
}

function floats({ shape, ...value }: TensorData, name: string): TensorData<'float32'> {
  return { dtype: 'float32', shape, data: floatData({ shape, ...value }, name) }
}

function isNative(device: Device = 'cpu'): boolean {
  return device === 'cpu' || device === 'cuda'
}
