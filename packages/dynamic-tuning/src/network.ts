/**
 * Building blocks of networks and their training: models, heads, weights, hooks of methods, objectives,
 * training steps, learners and optimisers.
 */

export type { CostByRate } from './cost/cost-by-rate.ts'
export { type Cost, countCost } from './cost/count-cost.ts'
export { staticFlops } from './cost/static-flops.ts'
export { Classifier, type ClassifierSettings, type Prediction } from './evaluation/classifier.ts'
export { buildModel, modelShapes } from './models/build-model.ts'
export type { Head, Named } from './models/head.ts'
export { type Model, modelOf } from './models/model.ts'
export type { ModelConfig } from './models/model-config.ts'
export { modelConfig } from './models/named-model.ts'
export { type SampleLayout, sampleInput } from './models/samples/sample-layout.ts'
export type { SwinConfig } from './models/swin/swin-config.ts'
export { tokenCount, type VitConfig } from './models/vit/vit-config.ts'
export { vitConfig } from './models/vit/vit-names.ts'
export { checkNetwork } from './network/check-network.ts'
export type { InferenceKind } from './network/pass.ts'
export { WeightStore } from './nn/weight-store.ts'
export {
  type GivenReduction,
  noReduction,
  type ReductionOptions,
  reductionOptions,
} from './reduction/options.ts'
export { reductions } from './reduction/registry.ts'
export { classificationLoss, classTargets } from './tasks/classification/loss.ts'
export type { Learner } from './training/learner.ts'
export { HostLearner } from './training/learners/host.ts'
export { ResidentLearner, type ResidentSettings } from './training/learners/resident.ts'
export type { Distillation, TargetSettings, Targets, TaskLoss } from './training/loss.ts'
export { type LossSettings, type ObjectiveSettings, paperLoss } from './training/loss-graph.ts'
export { type MemoryLog, memoryLog } from './training/memory-log.ts'
export { objective } from './training/objective.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/optimizers/adamw.ts'
export { Muon, type MuonSettings } from './training/optimizers/muon.ts'
export type { Optimizer } from './training/optimizers/optimizer.ts'
export { type CosineSettings, cosine } from './training/schedules/cosine.ts'
export type { StepBatch } from './training/step-feeds.ts'
export { type TrainerSettings, type TrainOutcome, train } from './training/trainer.ts'
export { type PassResult, TrainingStep, type TrainingStepSettings } from './training/training-step.ts'
export { checkTuning, completeOptions } from './tuners/check-tuning.ts'
