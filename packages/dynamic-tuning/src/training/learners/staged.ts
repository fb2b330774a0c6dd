import type { TensorData } from '@dynamic-tuning/engine'
import type { PassResult } from '../learner.ts'
import type { StepBatch } from '../step-feeds.ts'
import { type TrainableStep, TrainingStep, type TrainingStepSettings } from '../training-step.ts'
import { HostLearner, type OptimizerMaker } from './host.ts'

/** Settings of all training steps before step `until`. */
export interface Stage {
  readonly until: number
  readonly settings: TrainingStepSettings
}

/** The stages of a run; the last one continues past its `until`. */
export type Stages = readonly [Stage, ...Stage[]]

/** A host learner whose graph changes from stage to stage while weights, buffers and moments stay. */
export async function stagedLearner(stages: Stages, optimizerOf: OptimizerMaker): Promise<HostLearner> {
  return HostLearner.create(await StagedStep.create(stages), optimizerOf)
}

/** A sequence of training steps over the same weights and buffers; each is compiled when its stage begins. */
class StagedStep implements TrainableStep {
  private constructor(
    private readonly stages: Stages,
    private current: { readonly stage: Stage; readonly step: TrainingStep } | undefined,
    readonly weights: Map<string, TensorData<'float32'>>,
    readonly buffers: Map<string, TensorData<'float32'>>,
  ) {}

  static async create(stages: Stages): Promise<StagedStep> {
    const [stage] = stages
    const step = await TrainingStep.create(stage.settings)
    return new StagedStep(stages, { stage, step }, step.weights, step.buffers)
  }

  async run(batch: StepBatch, step: number): Promise<PassResult> {
    const stage = this.stageAt(step)
    if (this.current?.stage !== stage) {
      await this.release()
      this.current = { stage, step: await TrainingStep.create(stage.settings, this) }
    }
    return this.current.step.run(batch, step)
  }

  private stageAt(step: number): Stage {
    const last = this.stages.at(-1) ?? this.stages[0]
    return this.stages.find(({ until }) => step < until) ?? last
  }

  async release(): Promise<void> {
    await this.current?.step.release()
    this.current = undefined
  }
}
