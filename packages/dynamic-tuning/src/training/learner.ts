import type { TensorData } from '@dynamic-tuning/engine'
import type { Outputs } from '../network/outputs.ts'
import type { StepBatch } from './step-feeds.ts'

/** What one step of training gives, wherever it runs. */
export interface StepResult {
  /** `loss` and its terms by name, averaged over micro-batches. */
  readonly scalars: Readonly<Record<string, number>>
  /** What the task's loss reads of the dynamic model; undefined where it is not brought from the device. */
  readonly outputs?: Outputs | undefined
  /** [D]; empty without dispatch. */
  readonly activeRatePerGate: readonly number[]
  /** Decisions of the dispatchers; undefined for methods without dispatch. */
  readonly gates?: Gates | undefined
  /** Which patches the predictors of DynamicViT kept, 0 or 1 [B, S, N]; undefined for others. */
  readonly keepDecisions?: Float32Array | undefined
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

/** Everything that a learner needs to continue. */
export interface LearnerState {
  /** Steps done. */
  readonly steps: number
  /** Weights, buffers and optimiser moments by name. */
  readonly tensors: ReadonlyMap<string, TensorData>
}

/**
 * What the training loop drives: it holds the weights and moves them. Where they are (this process, a GPU,
 * several processes) and how they move (gradients, an update inside the graph) is its own affair.
 */
export interface Learner {
  /**
   * Trains on a batch. `step` counts from 0 and chooses the noise. If the loss is not finite, the caller
   * stops and saves nothing.
   */
  step(batch: StepBatch, step: number, learningRate: number): Promise<StepResult>
  /** Trained weights, and buffers such as running statistics, by name; they may change with the next step. */
  weights(): Promise<Map<string, TensorData<'float32'>>>
  /** What `restore` of a new learner needs; it may change with the next step. */
  state(): Promise<LearnerState>
  /**
   * Continues from a saved state; `source` names it in messages.
   * @throws CheckpointError naming a tensor that is missing or has another size
   */
  restore(state: LearnerState, source: string): Promise<void>
  release(): Promise<void>
}
