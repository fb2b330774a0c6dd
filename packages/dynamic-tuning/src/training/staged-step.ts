import type { TensorData } from '@dynamic-tuning/engine'
import type { StepBatch } from './step-feeds.ts'
import type { StepResult, TrainableStep } from './training-step.ts'
import { TrainingStep, type TrainingStepSettings } from './training-step.ts'

/** Settings of a training step up to (not including) step `until`. */
export interface Stage {
  readonly until: number
  readonly settings: TrainingStepSettings
}

/** Training steps that follow one another over the same weights; each is compiled when its turn comes. */
export class StagedStep implements TrainableStep {
  private current: { readonly stage: Stage; readonly step: TrainingStep } | undefined

  private constructor(
    private readonly stages: readonly Stage[],
    readonly weights: Map<string, TensorData<'float32'>>,
  ) {}

  static async create(stages: readonly Stage[]): Promise<StagedStep> {
    const [first] = stages as readonly [Stage]
    const step = await TrainingStep.create(first.settings)
    const staged = new StagedStep(stages, step.weights)
    staged.current = { stage: first, step }
    return staged
  }

  async run(batch: StepBatch, step: number): Promise<StepResult> {
    const stage = this.stages.find(({ until }) => step < until) ?? (this.stages.at(-1) as Stage)
    if (this.current?.stage !== stage) {
      await this.release()
      this.current = { stage, step: await TrainingStep.create(stage.settings, this.weights) }
    }
    return this.current.step.run(batch, step)
  }

  async release(): Promise<void> {
    await this.current?.step.release()
    this.current = undefined
  }
}
