import type { TensorData } from '@dynamic-tuning/engine'
import type { Learner, LearnerState, StepResult } from '../learner.ts'
import type { OptimizedWeights, Optimizer } from '../optimizers/optimizer.ts'
import { restoreArrays } from '../restore.ts'
import type { StepBatch } from '../step-feeds.ts'
import type { TrainableStep } from '../training-step.ts'

/** Creates an optimiser for the given weights. */
export type OptimizerMaker = (weights: OptimizedWeights) => Optimizer | Promise<Optimizer>

/** Keeps weights in memory; an optimiser in TypeScript updates them with the gradients of a compiled step. */
export class HostLearner implements Learner {
  private constructor(
    private readonly pass: TrainableStep,
    private readonly optimizer: Optimizer,
  ) {}

  /** Takes ownership of `pass` and the optimiser: `release` frees both. */
  static async create(pass: TrainableStep, optimizerOf: OptimizerMaker): Promise<HostLearner> {
    try {
      return new HostLearner(pass, await optimizerOf(pass.weights))
    } catch (error) {
      await pass.release()
      throw error
    }
  }

  async step(batch: StepBatch, step: number, learningRate: number): Promise<StepResult> {
    const { gradients, ...result } = await this.pass.run(batch, step)
    // A loss that is not finite must not change the weights.
    if (Number.isFinite(result.scalars.loss)) await this.optimizer.update(gradients, learningRate)
    return result
  }

  async weights(): Promise<Map<string, TensorData<'float32'>>> {
    return new Map([...this.pass.weights, ...this.pass.buffers])
  }

  async state(): Promise<LearnerState> {
    const moments = [...this.optimizer.moments()].map(
      ([name, data]) => [name, { dtype: 'float32', shape: [data.length], data }] as const,
    )
    return {
      steps: this.optimizer.step,
      tensors: new Map<string, TensorData>([...(await this.weights()), ...moments]),
    }
  }

  async restore({ steps, tensors }: LearnerState, source: string): Promise<void> {
    const values = [...(await this.weights())].map(([name, { data }]) => [name, data] as const)
    restoreArrays(source, [...values, ...this.optimizer.moments()], tensors)
    this.optimizer.step = steps
  }

  async release(): Promise<void> {
    await Promise.all([this.pass.release(), this.optimizer.release?.()])
  }
}
