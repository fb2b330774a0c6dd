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
import { outputOf } from '../models/head.ts'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { Network } from '../network/network.ts'
import type { InferenceKind, NetworkPass } from '../network/pass.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import { valuesOfPatches } from '../reduction/to-patches.ts'
import { gumbelNoise } from '../training/noise.ts'
import type { GateShape } from '../tuners/dispatch-inputs.ts'
import { stackLayers } from '../tuners/stack-layers.ts'
import type { BlockForm, Dispatch } from '../tuners/tuner.ts'
import { bucketedProgram } from './bucketed-program.ts'

/** What a classifier is built from. */
export interface ClassifierSettings {
  readonly network: Network
  /** Weights it marks as trained become inputs and are given at every call; the others are stored in the program. */
  readonly store: WeightStore
  /** `skip` (default) computes active tokens only; `masked` computes all and masks; `complete` opens every gate. */
  readonly pass?: InferenceKind
  readonly compile?: CompileOptions
  /** Least gate probability that makes a token active, for all gates or one for each; 0.5 by default. */
  readonly thresholds?: number | readonly number[] | undefined
  /** Whether the graph stores the thresholds instead of taking them as an input. */
  readonly fixedThresholds?: boolean | undefined
  /** What is left of the block behind each gate; all of it by default. */
  readonly blocks?: readonly BlockForm[] | undefined
  /** Whether the graph has another output, `probabilities` [B, D, n]: how sure each gate was. */
  readonly probabilities?: boolean | undefined
  /** Of random dispatch. */
  readonly seed?: number | undefined
  /** A last change to the graph, such as `withoutPrefix`. */
  readonly rewrite?: ((outputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>) | undefined
  /**
   * Whether skipping has room for a fixed number of active tokens, which grows where needed, instead of lists as long as
   * needed; default: on `webgpu`, where lists would be made on the host.
   */
  readonly buckets?: boolean | undefined
}

/** Logits of some images or clips, and which tokens were active; of clips B * T frames have masks. */
export interface Prediction {
  /** [B, K] */
  readonly logits: Float32Array
  /** 0 or 1, [B, D, n] for D gates (see `gates`) over patch tokens, or gate after gate where n differs; undefined without dispatch. */
  readonly masks: Float32Array | undefined
  /** Share of active tokens among those present at a gate, [B, D]; only where tokens are merged before it. */
  readonly shares?: Float32Array | undefined
  /** sigmoid(logit) of every decision, [B, D, n], where the settings ask for them. */
  readonly probabilities?: Float32Array | undefined
}

/**
 * The graph of a tuned model for inference: `logits` [B, K], and `masks` [B, D, n] where tokens are dispatched (where gates
 * decide on different numbers of tokens, one gate's after another's, [B, n_1 + ... + n_D]). Where tokens
 * are merged too, masks tell of the patches they are made of, and `shares` [B, D] how many of the tokens present were active.
 * Inputs are the images, called `name`, [B, 3, H, W], and with dispatch `threshold` [D] and, where it is random, `noise`.
 * A model with frames takes clips [B, 3, T, H, W]; masks and shares are then those of the B * T frames.
 * With `capacities` [D] the active tokens of an image have that much room at each gate, and `needed` [D] is how much the
 * images of a batch needed: more than there is room for makes the other outputs wrong.
 */
export function inferenceGraph(
  settings: ClassifierSettings,
  name = 'images',
  capacities?: readonly number[],
): Record<string, Tensor> {
  const { network, store } = settings
  const pass = passOf(settings, capacities)
  const { outputs: ofHead, dispatches, reduced } = network.pass(store, network.input(name), pass)
  const logits = outputOf(ofHead, 'logits')
  if (dispatches.length === 0) return narrow({ logits })
  const ofPatches = (of: (each: Dispatch) => Tensor): Tensor =>
    stackLayers(
      dispatches.map((each) => valuesOfPatches(of(each), each, reduced, network.options.dispatchLevel)),
    )
  const outputs: Record<string, Tensor> = { logits, masks: ofPatches(({ mask }) => mask) }
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

/** The most active patch tokens of an image at each gate, [D]. */
function mostActive(dispatches: readonly Dispatch[]): Tensor {
  const ofGate = ({ mask }: Dispatch): Tensor => reduceMax(reduceSum(mask, { axes: [1] }), { keepDims: true })
  return concat(dispatches.map(ofGate), 0)
}

/** Makes the program; one that skips with fixed sizes where the settings or the device ask for it. */
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
   * Classifies images [B, 3, H, W] or clips [B, 3, T, H, W], normalised; `weights` are the trained ones, if the store has any. Those this pass does not
   * use, such as the dispatchers of the complete model, are left out. `first` is the number of the first image or clip among all
   * that are looked at: random dispatch draws for each of them.
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
    const values = (name: string) => outputs[name]?.data as Float32Array | undefined
    return {
      logits: values('logits') as Float32Array,
      masks: values('masks'),
      shares: values('shares'),
      probabilities: values('probabilities'),
    }
  }

  /** The model's gates, and how many decisions each makes on an image: D and each n of the masks. */
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

  /** Numbers of an image as the program takes it. */
  private get imageLength(): number {
    const { shape = [] } = this.program.inputs.find(({ name }) => name === 'images') ?? {}
    return shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1)
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/** What may differ from call to call. */
export interface ClassifyOptions {
  readonly first?: number
  readonly thresholds?: number | readonly number[] | undefined
}

/** One threshold for every gate. @throws ConfigError for another number of them, and values outside 0..1 */
function thresholdList(given: ClassifyOptions['thresholds'], gates: number): readonly number[] {
  const all = typeof given === 'object' ? given : new Array<number>(gates).fill(given ?? 0.5)
  if (all.length !== gates || all.some((value) => !(value >= 0 && value <= 1)))
    throw new ConfigError(
      `threshold: [${all}] for ${gates} gates. Give one probability from 0 to 1, or ${gates} of them.`,
    )
  return all
}

function isNative(device: Device = 'cpu'): boolean {
  return device === 'cpu' || device === 'cuda'
}
