import {
  type CompileOptions,
  compile,
  type Feeds,
  type Program,
  type TensorData,
} from '@dynamic-tuning/engine'
import { imageRows } from '../models/heads/registry.ts'
import type { WeightStore } from '../nn/weight-store.ts'
import { dropoutFactors, gumbelNoise } from './noise.ts'
import { type ObjectiveOutputs, type ObjectiveSettings, objective } from './objective.ts'

/** Images and soft labels of one step. */
export interface StepBatch {
  /** [B, 3, H, W], normalised, clips [B, 3, T, H, W], or what a frozen prefix makes of them, [B, F]. */
  readonly images: Float32Array
  /** [B, K], rows summing to 1. */
  readonly targets: Float32Array
  readonly size: number
}

/** Scalars of a step by name (`loss`, `ceDynamic`, ...), averaged over micro-batches. */
export interface StepResult {
  readonly scalars: Record<string, number>
  /** [B, K], of the dynamic model. */
  readonly logits: Float32Array
  readonly activeRatePerGate: readonly number[]
  /** What the dispatchers decided, [B, D, n] each; undefined for methods without dispatch. */
  readonly gates: Gates | undefined
  /** Which patches DynamicViT's predictors kept, 0 or 1 [B, S, N]; undefined for others. */
  readonly keepDecisions?: Float32Array | undefined
  /** By weight name; valid until the next step. */
  readonly gradients: Map<string, Float32Array>
}

/** Decisions of all gates, [B, D, n] each. */
export interface Gates {
  /** 0 or 1. */
  readonly masks: Float32Array
  /** Gate probabilities, with noise and temperature. */
  readonly soft: Float32Array
  /** Bare logits, without noise. */
  readonly dispatcherLogits: Float32Array
}

/** Weights and the pass that gives their gradients: what a trainer needs. */
export interface TrainableStep {
  /** The trained weights; the optimiser changes them in place. */
  readonly weights: Map<string, TensorData<'float32'>>
  /** Loss, logits and gradients of a batch; `step` chooses the noise. */
  run(batch: StepBatch, step: number): Promise<StepResult>
  release(): Promise<void>
}

/** More inputs for images `first` .. `first + size - 1` of a batch. */
export type ExtraFeeds = (key: { step: number; first: number; size: number }) => Feeds

/** What a training step needs beside the objective. */
export interface TrainingStepSettings extends ObjectiveSettings {
  readonly store: WeightStore
  readonly seed: number
  /** Images per pass; a batch is cut into such pieces and their gradients are averaged. */
  readonly microBatch: number
  readonly compile?: CompileOptions
  readonly extraFeeds?: ExtraFeeds
  /** A last change to the graph, such as `withoutPrefix`. */
  readonly rewrite?: ((outputs: ObjectiveOutputs) => ObjectiveOutputs) | undefined
  /** tau at a step, where `finalTemperature` makes it change. */
  readonly temperatureAt?: (step: number) => number
}

/**
 * The compiled training pass with the weights it trains. A batch larger than `microBatch` runs in pieces: cross-entropy
 * and KL are means over images, so their sum is exact; the rate term takes each piece's own mean, as the official code
 * does on each of its devices.
 */
export class TrainingStep implements TrainableStep {
  private constructor(
    private readonly settings: TrainingStepSettings,
    private readonly program: Program,
    readonly weights: Map<string, TensorData<'float32'>>,
  ) {}

  /** `weights` are those to go on with; by default the store's. */
  static async create(
    settings: TrainingStepSettings,
    weights?: Map<string, TensorData<'float32'>>,
  ): Promise<TrainingStep> {
    // Features are for those who compare them; a step has no use for so many numbers.
    const { features: _features, ...outputs } = objective(settings.store, settings)
    const program = await compile(settings.rewrite?.(outputs) ?? outputs, {
      prepack: false,
      ...settings.compile,
    })
    return new TrainingStep(settings, program, weights ?? settings.store.startValues())
  }

  /** As the interface says; `noise` [D, B, n, 1] replaces the drawn one. */
  async run(batch: StepBatch, step: number, noise?: TensorData): Promise<StepResult> {
    const { microBatch, config } = this.settings
    const sums = new Sums(batch)
    for (let first = 0; first < batch.size; first += microBatch) {
      const size = Math.min(microBatch, batch.size - first)
      const feeds = this.feeds(batch, { step, first, size })
      const given = noise && { noise: imagesOf(noise, imageRows(config, first), imageRows(config, size)) }
      sums.add(await this.program.run({ ...feeds, ...given }), first, size)
    }
    return sums.result()
  }

  release(): Promise<void> {
    return this.program.release()
  }

  private feeds(batch: StepBatch, key: { step: number; first: number; size: number }): Feeds {
    const { config, options, seed, temperatureAt } = this.settings
    const { first, size, step } = key
    const pixels = batch.images.length / batch.size
    const rows = { first: imageRows(config, first), size: imageRows(config, size) }
    const part = (data: Float32Array, width: number): Float32Array =>
      data.subarray(first * width, (first + size) * width)
    const feeds: Record<string, TensorData | Float32Array> = {
      ...Object.fromEntries(this.weights),
      images: part(batch.images, pixels),
      targets: part(batch.targets, config.numClasses),
    }
    for (const { name, shape } of this.program.inputs) {
      if (name === 'noise') {
        const [gates, , decisions] = shape as [number, 'B', number, 1]
        feeds.noise = gumbelNoise({ seed, step, first: rows.first }, [gates, rows.size, decisions])
      }
      if (name === 'temperature') feeds[name] = Float32Array.of(temperatureAt?.(step) ?? options.temperature)
      if (!name.startsWith('dropout')) continue
      const [adapters, , tokens, features] = shape as [number, 'B', number, number]
      const sizes = [adapters, rows.size, tokens, features] as const
      feeds[name] = dropoutFactors(
        { seed, step, first: rows.first, pass: name },
        options.adapterDropout,
        sizes,
      )
    }
    return { ...feeds, ...this.settings.extraFeeds?.(key) }
  }
}

/** Images `first` .. `first + size - 1` of noise [D, B, n, 1]. */
function imagesOf({ shape, data }: TensorData, first: number, size: number): TensorData {
  const [layers, images, tokens] = shape as readonly [number, number, number]
  const part = new Float32Array(layers * size * tokens)
  for (let layer = 0; layer < layers; layer++) {
    const start = (layer * images + first) * tokens
    part.set((data as Float32Array).subarray(start, start + size * tokens), layer * size * tokens)
  }
  return { dtype: 'float32', shape: [layers, size, tokens, 1], data: part }
}

/** Outputs that have one row per image. */
const rowOutputs = ['logits', 'masks', 'soft', 'dispatcherLogits', 'keepDecisions'] as const
type RowOutput = (typeof rowOutputs)[number]

/** Sums up the outputs of micro-batches, each weighted by its share of the batch. */
class Sums {
  private readonly scalars: Record<string, number> = {}
  private readonly gradients = new Map<string, Float32Array>()
  private readonly rows: Partial<Record<RowOutput, Float32Array>> = {}
  private rates: number[] = []

  constructor(private readonly batch: StepBatch) {}

  add(outputs: Record<string, TensorData>, first: number, size: number): void {
    const share = size / this.batch.size
    for (const name of rowOutputs) if (outputs[name]) this.addRows(name, outputs[name], first, size)
    for (const [name, { data, shape }] of Object.entries(outputs)) {
      const values = data as Float32Array
      if (name === 'activeRatePerGate')
        this.rates = Array.from(values, (rate, i) => (this.rates[i] ?? 0) + rate * share)
      else if (name.startsWith('grad.')) this.addGradient(name.slice('grad.'.length), values, share)
      else if (shape.length === 0)
        this.scalars[name] = (this.scalars[name] ?? 0) + (values[0] as number) * share
    }
  }

  private addRows(name: RowOutput, { data }: TensorData, first: number, size: number): void {
    const width = data.length / size
    const all = this.rows[name] ?? new Float32Array(this.batch.size * width)
    all.set(data as Float32Array, first * width)
    this.rows[name] = all
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

  result(): StepResult {
    const { scalars, gradients, rates } = this
    const { logits, keepDecisions, ...gates } = this.rows
    return {
      scalars,
      logits: logits as Float32Array,
      gradients,
      activeRatePerGate: rates,
      gates: gates.masks && (gates as Gates),
      keepDecisions,
    }
  }
}
