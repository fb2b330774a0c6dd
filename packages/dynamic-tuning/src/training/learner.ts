import type { TensorData } from '@dynamic-tuning/engine'
import type { Outputs } from '../network/outputs.ts'
import type { StepBatch } from './step-feeds.ts'

/** The result of one training step, wherever it runs. */
export interface StepResult {
  /** `loss` and its terms by name, averaged over micro-batches. */
  readonly scalars: Readonly<Record<string, number>>
  /** Outputs of the dynamic model that the task's loss uses; undefined if they stay on the device. */
  readonly outputs?: Outputs | undefined
  /** Share of active tokens per gate, [D]; empty without dispatch. */
  readonly activeRatePerGate: readonly number[]
  /** Decisions of the dispatchers; undefined for methods without dispatch. */
  readonly gates?: Gates | undefined
  /** Patches kept by the predictors of DynamicViT, 0 or 1, [B, S, N]; undefined for other methods. */
  readonly keepDecisions?: Float32Array | undefined
}

/** The result of a pass before weights change. */
export interface PassResult extends StepResult {
  readonly outputs: Outputs
  /** By weight name; valid until the next step. */
  readonly gradients: Map<string, Float32Array>
}

/** Decisions of all gates, [B, D, n] each. */
export interface Gates {
  /** 0 or 1. */
  readonly masks: Float32Array
  /** Gate probabilities, with noise and temperature. */
  readonly soft: Float32Array
  /** Logits without noise. */
  readonly dispatcherLogits: Float32Array
}

/** Everything that a learner needs to continue. */
export interface LearnerState {
  /** Number of steps done. */
  readonly steps: number
  /** Weights, buffers and optimiser moments by name. */
  readonly tensors: ReadonlyMap<string, TensorData>
}

/**
 * Holds the weights and updates them; the training loop calls it. Where the weights are (this process, a GPU,
 * several processes) and how they are updated is up to the implementation.
 */
export interface Learner {
  /**
   * Trains on a batch. `step` counts from 0 and selects the noise. If the loss is not finite, the
   * caller stops and saves nothing.
   */
  step(batch: StepBatch, step: number, learningRate: number): Promise<StepResult>
  /**
   * Trained weights, and buffers such as running statistics, by name; the next step may change the arrays.
   */
  weights(): Promise<Map<string, TensorData<'float32'>>>
  /** Everything that `restore` of a new learner needs; the next step may change the arrays. */
  state(): Promise<LearnerState>
  /**
   * Continues from a saved state; `source` names it in messages.
   * @throws CheckpointError naming a tensor that is missing or has another size
   */
  restore(state: LearnerState, source: string): Promise<void>
  release(): Promise<void>
}
