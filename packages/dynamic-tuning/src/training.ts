/** Training: losses, steps, learners, optimisers, schedules and the training loop. */

export type { Gates, Learner, PassResult } from './training/learner.ts'
export { HostLearner, type OptimizerMaker } from './training/learners/host.ts'
export { ResidentLearner, type ResidentSettings } from './training/learners/resident.ts'
export type { Distillation, TargetSettings, Targets, TaskLoss } from './training/loss.ts'
export {
  type LossSettings,
  type ObjectiveOutputs,
  type ObjectiveSettings,
  paperLoss,
} from './training/loss-graph.ts'
export { type MemoryLog, memoryLog } from './training/memory-log.ts'
export { objective } from './training/objective.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/optimizers/adamw.ts'
export type { GroupOf, ParameterGroup } from './training/optimizers/groups.ts'
export { Muon, type MuonSettings } from './training/optimizers/muon.ts'
export type { OptimizedWeights, Optimizer } from './training/optimizers/optimizer.ts'
export type { RunLog, Snapshot } from './training/run-log.ts'
export { type CosineSettings, cosine } from './training/schedules/cosine.ts'
export type { Schedule } from './training/schedules/schedule.ts'
export type { ExtraFeeds, StepBatch, StepFeedSettings } from './training/step-feeds.ts'
export {
  type TrainedWeights,
  type TrainerSettings,
  type TrainOutcome,
  type TrainTotal,
  train,
} from './training/trainer.ts'
export {
  type StepValues,
  type TrainableStep,
  TrainingStep,
  type TrainingStepSettings,
} from './training/training-step.ts'
