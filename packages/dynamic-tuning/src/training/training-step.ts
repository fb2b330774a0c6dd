import {
  type CompileOptions,
  compile,
  dims,
  type Feeds,
  type Program,
  type TensorData,
} from '@dynamic-tuning/engine'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import type { Means } from './batch-means.ts'
import { floatData } from './float-data.ts'
import type { PassResult } from './learner.ts'
import { usedOutputs } from './loss.ts'
import type { ObjectiveOutputs, ObjectiveSettings } from './loss-graph.ts'
import { MeansPass, meansIn, meansOfOthers, type Piece, piecesOf } from './means-pass.ts'
import { bufferOf, objective } from './objective.ts'
import { PieceSums } from './piece-sums.ts'
import { type StepBatch, type StepFeedSettings, stepFeeds } from './step-feeds.ts'

/** Weights and the pass that computes their gradients: what a host learner needs. */
export interface TrainableStep {
  /** The trained weights; the optimiser changes them in place. */
  readonly weights: Map<string, TensorData<'float32'>>
  /** Values such as running statistics, saved with the weights; the pass changes them in place. */
  readonly buffers: Map<string, TensorData<'float32'>>
  /** Returns loss, outputs and gradients of a batch; `step` selects the noise. */
  run(batch: StepBatch, step: number): Promise<PassResult>
  release(): Promise<void>
}

/** What one step of a run passes on to the next. */
export type StepValues = Pick<TrainableStep, 'weights' | 'buffers'>

/** Settings of a training step. */
export interface TrainingStepSettings extends ObjectiveSettings, StepFeedSettings {
  readonly store: WeightStore
  /** Images per pass; larger batches are split and their gradients averaged. */
  readonly microBatch: number
  readonly compile?: CompileOptions
  /** A final change to the graph, such as `withoutPrefix`. */
  readonly rewrite?: ((outputs: ObjectiveOutputs) => ObjectiveOutputs) | undefined
}

/**
 * The compiled training pass with the weights it trains. A batch larger than `microBatch` runs in pieces,
 * whose losses and gradients are averaged by their shares. That is exact: terms are means over samples, or
 * functions of means over the whole batch, which `MeansPass` finds first. Each piece sees the buffers that
 * the piece before it left.
 */
export class TrainingStep implements TrainableStep {
  private constructor(
    private readonly settings: TrainingStepSettings,
    private readonly program: Program,
    private readonly means: MeansPass,
    readonly weights: Map<string, TensorData<'float32'>>,
    readonly buffers: Map<string, TensorData<'float32'>>,
  ) {}

  /** `values` are those to start from, and are changed in place; default: copies of the store's. */
  static async create(settings: TrainingStepSettings, values?: StepValues): Promise<TrainingStep> {
    // Features are only for verification; a step does not need them.
    const { features: _features, ...all } = objective(settings.store, settings)
    const outputs = settings.rewrite?.(all) ?? all
    const options = { prepack: false, ...settings.compile }
    const program = await compile(outputs, options)
    const { store } = settings
    const { weights, buffers } = values ?? { weights: store.startValues(), buffers: store.startBuffers() }
    return new TrainingStep(settings, program, new MeansPass(outputs, options), weights, buffers)
  }

  /** As in `TrainableStep`; `noise` [D, B, n, 1] replaces the random one. */
  async run(batch: StepBatch, step: number, noise?: TensorData): Promise<PassResult> {
    const { microBatch, network } = this.settings
    const pieces = piecesOf(batch.size, microBatch, network.head.leastImages)
    const sums = new PieceSums(batch, usedOutputs(this.settings.taskLoss))
    const feedsOf = (inputs: Program['inputs'], piece: Piece, ofOthers: Means = {}): Feeds => ({
      ...Object.fromEntries([...this.weights, ...this.buffers]),
      ...stepFeeds(this.settings, inputs, batch, { step, ...piece }, ofOthers),
      ...(noise && { noise: this.noiseFor(noise, piece) }),
    })
    // The first piece finds its own means: the others' are all it needs.
    const means: Means[] = [{}]
    for (const piece of pieces.slice(1))
      means.push(await this.means.run((inputs) => only(inputs, feedsOf(inputs, piece))))
    for (const [i, piece] of pieces.entries()) {
      const feeds = feedsOf(this.program.inputs, piece, meansOfOthers(means, pieces, i))
      const outputs = await this.program.run(feeds)
      if (i === 0) means[0] = meansIn(outputs)
      this.renewBuffers(outputs)
      sums.add(outputs, piece)
    }
    return sums.result()
  }

  private noiseFor(noise: TensorData, { first, size }: Piece): TensorData {
    const { sample } = this.settings.network
    return imagesOf(noise, imageRows(sample, first), imageRows(sample, size))
  }

  private renewBuffers(outputs: Readonly<Record<string, TensorData>>): void {
    for (const [output, tensor] of Object.entries(outputs)) {
      const buffer = this.buffers.get(bufferOf(output) ?? '')
      buffer?.data.set(floatData(tensor, output))
    }
  }

  async release(): Promise<void> {
    await Promise.all([this.program.release(), this.means.release()])
  }
}

/** Those feeds that a program has inputs for. */
function only(inputs: Program['inputs'], feeds: Feeds): Feeds {
  return Object.fromEntries(inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])))
}

/** Images `first` .. `first + size - 1` of noise [D, B, n, 1]. */
function imagesOf(noise: TensorData, first: number, size: number): TensorData {
  const [layers, images, tokens] = dims(noise, 'D B N 1', 'noise')
  const data = floatData(noise, 'noise')
  const part = new Float32Array(layers * size * tokens)
  for (let layer = 0; layer < layers; layer++) {
    const start = (layer * images + first) * tokens
    part.set(data.subarray(start, start + size * tokens), layer * size * tokens)
  }
  return { dtype: 'float32', shape: [layers, size, tokens, 1], data: part }
}
