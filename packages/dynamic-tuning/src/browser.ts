/**
 * What also runs in a browser: models, methods, training steps and inference with weights that the page has
 * loaded. Reading files, datasets and run folders needs Node.
 */

export {
  CheckpointError,
  ConfigError,
  DataError,
  DownloadError,
  RunError,
  ToolError,
  TuningError,
} from './errors.ts'
export { Classifier, type ClassifierSettings, type Prediction } from './evaluation/classifier.ts'
export { buildModel } from './models/build-model.ts'
export type { Named } from './models/head.ts'
export { modelOf } from './models/model.ts'
export type { ModelConfig } from './models/model-config.ts'
export { modelConfig } from './models/named-model.ts'
export type { VitConfig } from './models/vit/vit-config.ts'
export { vitConfig } from './models/vit/vit-names.ts'
export { type Network, network } from './network/network.ts'
export type { NetworkParts } from './network/parts.ts'
export { type StoreOptions, WeightStore } from './nn/weight-store.ts'
export { classificationLoss, classTargets } from './tasks/classification/loss.ts'
export type { Learner, LearnerState, PassResult, StepResult } from './training/learner.ts'
export { HostLearner } from './training/learners/host.ts'
export { ResidentLearner, type ResidentSettings } from './training/learners/resident.ts'
export type { Distillation, TargetSettings, Targets, TaskLoss } from './training/loss.ts'
export { type LossSettings, type ObjectiveSettings, paperLoss } from './training/loss-graph.ts'
export { type MemoryLog, memoryLog } from './training/memory-log.ts'
export { objective } from './training/objective.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/optimizers/adamw.ts'
export { type CosineSettings, cosine } from './training/schedules/cosine.ts'
export type { StepBatch } from './training/step-feeds.ts'
export { type TrainerSettings, type TrainOutcome, train } from './training/trainer.ts'
export { TrainingStep, type TrainingStepSettings } from './training/training-step.ts'
export type { TunerOptions } from './tuners/options.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export type { Tuner } from './tuners/tuner.ts'
