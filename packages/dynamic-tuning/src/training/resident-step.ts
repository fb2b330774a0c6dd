import {
  compileRecurrent,
  input,
  type RecurrentProgram,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { type ObjectiveOutputs, objective, weightOf } from './objective.ts'
import { type AdamWSettings, defaultAdamW } from './optimizers/adamw.ts'
import { adamwFeeds, adamwNumbers, adamwUpdate } from './optimizers/adamw-graph.ts'
import { type StepBatch, stepFeeds } from './step-feeds.ts'
import type { TrainingStepSettings } from './training-step.ts'

/** What a step needs that keeps its weights on the device; `adamw` by default that of the paper's VTAB recipe. */
export interface ResidentStepSettings extends Omit<TrainingStepSettings, 'microBatch' | 'rewrite'> {
  readonly adamw?: AdamWSettings
}

/**
 * A training step with the update in it: weights and AdamW's moments are the program's own, and on WebGPU in a browser never leave the
 * device between steps. A batch is one pass; where it takes too much memory, `recompute` helps. Arithmetic is float32, so
 * weights differ from those of `TrainingStep` with `AdamW` in their last bits.
 */
export class ResidentStep {
  private done = 0

  private constructor(
    private readonly settings: ResidentStepSettings,
    private readonly program: RecurrentProgram,
    private readonly names: readonly string[],
  ) {}

  /** @throws GraphError where the device is missing */
  static async create(settings: ResidentStepSettings): Promise<ResidentStep> {
    const { store, compile, adamw = defaultAdamW } = settings
    const start: Record<string, TensorData> = {}
    const state: Record<string, string> = {}
    const outputs = scalarsOf(objective(store, settings))
    const updated: Record<string, Tensor> = {}
    const numbers = adamwNumbers()
    const trainable = store.trainable
    for (const [name, value] of store.startValues()) {
      const zeros = (): TensorData => ({ ...value, data: new Float32Array(value.data.length) })
      const of = { value: name, mean: `adamw.mean.${name}`, square: `adamw.square.${name}` } as const
      const slot = {
        value: trainable.get(name) as Tensor,
        mean: input(of.mean, value.shape),
        square: input(of.square, value.shape),
        gradient: outputs.gradients.get(name) as Tensor,
      }
      const next = adamwUpdate(slot, numbers, adamw.decays?.(name, value.shape) ?? true, adamw)
      for (const part of ['value', 'mean', 'square'] as const) {
        state[of[part]] = `next.${of[part]}`
        updated[`next.${of[part]}`] = next[part]
        start[of[part]] = part === 'value' ? value : zeros()
      }
    }
    const all = { ...outputs.scalars, ...updated }
    const program = await compileRecurrent(all, { prepack: false, ...compile, state, start })
    return new ResidentStep(settings, program, [...trainable.keys()])
  }

  /** Loss, its terms and the rates of a batch by name; the weights move. `step`, from 0, chooses the noise. */
  async run(batch: StepBatch, step: number, learningRate: number): Promise<Record<string, number>> {
    const { adamw = defaultAdamW } = this.settings
    const key = { step, first: 0, size: batch.size }
    const feeds = stepFeeds(this.settings, this.program.inputs, batch, key)
    const update = adamwFeeds(learningRate, ++this.done, adamw)
    const values = await this.program.run({ ...feeds, ...update })
    return Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, Number(data[0])]))
  }

  /** The weights as they are now, brought from the device. */
  async weights(): Promise<Map<string, TensorData>> {
    const state = await this.program.state()
    return new Map(this.names.map((name) => [name, state[name] as TensorData]))
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/** The numbers of a step, and the gradients by weight. */
function scalarsOf(outputs: ObjectiveOutputs): {
  readonly scalars: Record<string, Tensor>
  readonly gradients: ReadonlyMap<string, Tensor>
} {
  const scalars: Record<string, Tensor> = {}
  const gradients = new Map<string, Tensor>()
  for (const [name, tensor] of Object.entries(outputs)) {
    const weight = weightOf(name)
    if (weight !== undefined) gradients.set(weight, tensor)
    else if (tensor.shape.length === 0) scalars[name] = tensor
  }
  return { scalars, gradients }
}
