import {
  compileRecurrent,
  input,
  type RecurrentProgram,
  type Tensor,
  type TensorData,
} from '@dynamic-tuning/engine'
import { meanOf } from '../batch-means.ts'
import { entryOf } from '../entry-of.ts'
import { floatData } from '../float-data.ts'
import type { Learner, LearnerState, StepResult } from '../learner.ts'
import { usedOutputs } from '../loss.ts'
import type { ObjectiveOutputs } from '../loss-graph.ts'
import { bufferOf, nextOf, objective, weightOf } from '../objective.ts'
import { type AdamWSettings, defaultAdamW } from '../optimizers/adamw.ts'
import { adamwFeeds, adamwNumbers, adamwUpdate } from '../optimizers/adamw-graph.ts'
import { oneGroup } from '../optimizers/groups.ts'
import { restoreArrays } from '../restore.ts'
import { type StepBatch, stepFeeds } from '../step-feeds.ts'
import type { TrainingStepSettings } from '../training-step.ts'

/** Settings of a resident learner; the default `adamw` is that of the paper's VTAB recipe. */
export interface ResidentSettings extends Omit<TrainingStepSettings, 'microBatch' | 'rewrite'> {
  readonly adamw?: AdamWSettings
  /** True if each step also reads back the network's outputs that the task's loss uses. Default false. */
  readonly outputs?: boolean
}

/**
 * A learner with the update in its graph: the program owns weights, buffers and AdamW's moments, and on
 * WebGPU in a browser they never leave the device between steps. A batch is one pass; if that takes too much
 * memory, set `recompute`. Arithmetic is float32, so weights differ in their last bits from those of a
 * `HostLearner` with `AdamW`; each can continue from the other's state.
 */
export class ResidentLearner implements Learner {
  private steps = 0

  private constructor(
    private readonly settings: ResidentSettings,
    private readonly program: RecurrentProgram,
    private readonly names: readonly string[],
  ) {}

  /** @throws GraphError if the device is missing */
  static async create(settings: ResidentSettings): Promise<ResidentLearner> {
    const { store, compile } = settings
    const { outputs, state, start } = residentGraph(settings)
    const program = await compileRecurrent(outputs, { prepack: false, ...compile, state, start })
    return new ResidentLearner(settings, program, [...store.trainable.keys(), ...store.buffers.keys()])
  }

  async step(batch: StepBatch, step: number, learningRate: number): Promise<StepResult> {
    const { adamw = defaultAdamW } = this.settings
    const key = { step, first: 0, size: batch.size }
    const feeds = stepFeeds(this.settings, this.program.inputs, batch, key)
    const update = adamwFeeds(learningRate, ++this.steps, adamw)
    const { activeRatePerGate, ...rest } = await this.program.run({ ...feeds, ...update })
    const isRows = ([name]: [string, TensorData]): boolean =>
      usedOutputs(this.settings.taskLoss).includes(name)
    const rows = Object.entries(rest).filter(isRows)
    const scalars = Object.entries(rest).filter((each) => !isRows(each))
    return {
      scalars: Object.fromEntries(scalars.map(([name, { data }]) => [name, Number(data[0])])),
      ...(this.settings.outputs && { outputs: Object.fromEntries(rows.map(asFloats)) }),
      activeRatePerGate: Array.from(activeRatePerGate?.data ?? [], Number),
    }
  }

  /** The current weights and buffers, read back from the device. */
  async weights(): Promise<Map<string, TensorData<'float32'>>> {
    const all = await this.carried()
    return new Map([...all].filter(([name]) => this.names.includes(name)))
  }

  async state(): Promise<LearnerState> {
    return { steps: this.steps, tensors: await this.carried() }
  }

  async restore({ steps, tensors }: LearnerState, source: string): Promise<void> {
    const empty = [...(await this.carried())].map(
      ([name, { shape, data }]) =>
        [name, { dtype: 'float32', shape, data: new Float32Array(data.length) }] as const,
    )
    const arrays = empty.map(([name, { data }]) => [name, data] as const)
    restoreArrays(source, arrays, tensors)
    this.program.carry(Object.fromEntries(empty))
    this.steps = steps
  }

  private async carried(): Promise<Map<string, TensorData<'float32'>>> {
    const entries = Object.entries(await this.program.state())
    return new Map(entries.map(asFloats))
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/** A named tensor, checked to be float32. */
function asFloats([name, tensor]: readonly [string, TensorData]): [string, TensorData<'float32'>] {
  return [name, { dtype: 'float32', shape: tensor.shape, data: floatData(tensor, name) }]
}

/**
 * Outputs of a step with its update, which outputs become which inputs of the next step, and the
 * initial values of those inputs.
 */
interface ResidentGraph {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly state: Readonly<Record<string, string>>
  readonly start: Readonly<Record<string, TensorData>>
}

function residentGraph({
  adamw = defaultAdamW,
  outputs: rows = false,
  ...settings
}: ResidentSettings): ResidentGraph {
  const { store } = settings
  const start: Record<string, TensorData> = {}
  const state: Record<string, string> = {}
  const { gradients, outputs } = splitOutputs(
    objective(store, settings),
    rows ? usedOutputs(settings.taskLoss) : [],
  )
  for (const [name, value] of store.startBuffers()) {
    state[name] = nextOf(name)
    start[name] = value
  }
  const numbers = adamwNumbers()
  const { groupOf = oneGroup } = adamw
  const values = store.startValues()
  for (const [name, weight] of store.trainable) {
    const value = entryOf(values, name, 'start value')
    const gradient = entryOf(gradients, name, 'gradient')
    const zeros = (): TensorData => ({ ...value, data: new Float32Array(value.data.length) })
    const of = { value: name, mean: `adamw.mean.${name}`, square: `adamw.square.${name}` } as const
    const [mean, square] = [input(of.mean, value.shape), input(of.square, value.shape)]
    const slot = { value: weight, mean, square, gradient }
    const next = adamwUpdate(slot, numbers, groupOf(name, value.shape), adamw)
    for (const part of ['value', 'mean', 'square'] as const) {
      state[of[part]] = `next.${of[part]}`
      outputs[`next.${of[part]}`] = next[part]
      start[of[part]] = part === 'value' ? value : zeros()
    }
  }
  return { outputs, state, start }
}

/** The gradients by weight, and the outputs that each step reads back from the device. */
function splitOutputs(
  all: ObjectiveOutputs,
  rows: readonly string[],
): { readonly outputs: Record<string, Tensor>; readonly gradients: ReadonlyMap<string, Tensor> } {
  const outputs: Record<string, Tensor> = {}
  const gradients = new Map<string, Tensor>()
  for (const [name, tensor] of Object.entries(all)) {
    const weight = weightOf(name)
    if (meanOf(name) !== undefined) continue
    const wanted = name === 'activeRatePerGate' || rows.includes(name) || bufferOf(name) !== undefined
    if (weight !== undefined) gradients.set(weight, tensor)
    else if (tensor.shape.length === 0 || wanted) outputs[name] = tensor
  }
  return { outputs, gradients }
}
