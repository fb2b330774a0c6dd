import { type CompileOptions, compile, dims, type Program, type TensorData } from '@dynamic-tuning/engine'
import { imageRows } from '../models/samples/sample-layout.ts'
import type { Outputs } from '../network/outputs.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import { floatData } from './float-data.ts'
import type { StepResult } from './learner.ts'
import type { ObjectiveOutputs, ObjectiveSettings } from './loss-graph.ts'
import { bufferOf, objective, weightOf } from './objective.ts'
import { type StepBatch, type StepFeedSettings, stepFeeds } from './step-feeds.ts'

/** The result of a pass before weights change. */
export interface PassResult extends StepResult {
  readonly outputs: Outputs
  /** By weight name; valid until the next step. */
  readonly gradients: Map<string, Float32Array>
}

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
 * The compiled training pass with the weights it trains. A batch larger than `microBatch` runs in pieces: the
 * task's terms are means over samples, so their weighted sum is exact; the rate term uses the mean of each
 * piece, as the official code does on each of its devices. Each piece sees the buffers that the piece before
 * it left.
 */
export class TrainingStep implements TrainableStep {
  private constructor(
    private readonly settings: TrainingStepSettings,
    private readonly program: Program,
    readonly weights: Map<string, TensorData<'float32'>>,
    readonly buffers: Map<string, TensorData<'float32'>>,
  ) {}

  /** `values` are those to start from, and are changed in place; default: copies of the store's. */
  static async create(settings: TrainingStepSettings, values?: StepValues): Promise<TrainingStep> {
    // Features are only for verification; a step does not need them.
    const { features: _features, ...outputs } = objective(settings.store, settings)
    const program = await compile(settings.rewrite?.(outputs) ?? outputs, {
      prepack: false,
      ...settings.compile,
    })
    const { store } = settings
    const { weights, buffers } = values ?? { weights: store.startValues(), buffers: store.startBuffers() }
    return new TrainingStep(settings, program, weights, buffers)
  }

  /** As in `TrainableStep`; `noise` [D, B, n, 1] replaces the random one. */
  async run(batch: StepBatch, step: number, noise?: TensorData): Promise<PassResult> {
    const { microBatch, network, taskLoss } = this.settings
    const { sample } = network
    const sums = new Sums(batch, taskLoss.outputs)
    for (let first = 0; first < batch.size; first += microBatch) {
      const size = Math.min(microBatch, batch.size - first)
      const feeds = stepFeeds(this.settings, this.program.inputs, batch, { step, first, size })
      const given = noise && { noise: imagesOf(noise, imageRows(sample, first), imageRows(sample, size)) }
      const weights = Object.fromEntries([...this.weights, ...this.buffers])
      const outputs = await this.program.run({ ...weights, ...feeds, ...given })
      this.renewBuffers(outputs)
      sums.add(outputs, first, size)
    }
    return sums.result()
  }

  private renewBuffers(outputs: Readonly<Record<string, TensorData>>): void {
    for (const [output, tensor] of Object.entries(outputs)) {
      const buffer = this.buffers.get(bufferOf(output) ?? '')
      buffer?.data.set(floatData(tensor, output))
    }
  }

  release(): Promise<void> {
    return this.program.release()
  }
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

/** Outputs of gates and predictors that have one row per image. */
const decisions = ['masks', 'soft', 'dispatcherLogits', 'keepDecisions'] as const

/** Averages the outputs of micro-batches, each weighted by its share of the batch. */
class Sums {
  private readonly scalars: Record<string, number> = {}
  private readonly gradients = new Map<string, Float32Array>()
  private readonly rows: Record<string, TensorData<'float32'>> = {}
  private rates: number[] = []

  /** `ofTask`: names of the outputs that the task's loss uses. */
  constructor(
    private readonly batch: StepBatch,
    private readonly ofTask: readonly string[],
  ) {}

  add(outputs: Record<string, TensorData>, first: number, size: number): void {
    const share = size / this.batch.size
    for (const name of [...this.ofTask, ...decisions])
      if (outputs[name]) this.addRows(name, outputs[name], first, size)
    for (const [name, tensor] of Object.entries(outputs)) {
      const values = floatData(tensor, name)
      const weight = weightOf(name)
      if (bufferOf(name) !== undefined) continue
      if (name === 'activeRatePerGate')
        this.rates = Array.from(values, (rate, i) => (this.rates[i] ?? 0) + rate * share)
      else if (weight !== undefined) this.addGradient(weight, values, share)
      else if (tensor.shape.length === 0)
        this.scalars[name] = (this.scalars[name] ?? 0) + (values[0] ?? Number.NaN) * share
    }
  }

  private addRows(name: string, tensor: TensorData, first: number, size: number): void {
    const data = floatData(tensor, name)
    const width = data.length / size
    const { data: all } = this.rows[name] ?? { data: new Float32Array(this.batch.size * width) }
    all.set(data, first * width)
    this.rows[name] = { dtype: 'float32', shape: [this.batch.size, ...tensor.shape.slice(1)], data: all }
  }

  private addGradient(name: string, values: Float32Array, share: number): void {
    if (share === 1) {
      this.gradients.set(name, values)
      return
    }
    const sum = this.gradients.get(name) ?? new Float32Array(values.length)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + share * (values[i] as number)
    this.gradients.set(name, sum)
  }

  result(): PassResult {
    const { scalars, gradients, rates } = this
    const [masks, soft, dispatcherLogits, keepDecisions] = decisions.map((name) => this.rows[name]?.data)
    const gates = masks && soft && dispatcherLogits && { masks, soft, dispatcherLogits }
    const outputs = Object.fromEntries(
      this.ofTask.flatMap((name) => {
        const rows = this.rows[name]
        return rows ? [[name, rows]] : []
      }),
    )
    return { scalars, outputs, gradients, activeRatePerGate: rates, gates, keepDecisions }
  }
}
