/**
 * What runs in a browser too: models, methods, training steps and inference over weights that the page has. Reading files, data
 * sets and run folders are of Node.
 */

export { softTargets } from './data/truths/class.ts'
export * from './errors.ts'
export { Classifier, type ClassifierSettings, type Prediction } from './evaluation/classifier.ts'
export { buildModel, modelConfig } from './models/families.ts'
export type { ModelConfig } from './models/model-config.ts'
export { type VitConfig, vitConfig } from './models/vit/vit-config.ts'
export { type StoreOptions, WeightStore } from './nn/weight-store.ts'
export { type LossSettings, type ObjectiveSettings, objective, paperLoss } from './training/objective.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/optimizers/adamw.ts'
export { ResidentStep, type ResidentStepSettings } from './training/resident-step.ts'
export { learningRateAt, type ScheduleSettings } from './training/schedule.ts'
export type { StepBatch } from './training/step-feeds.ts'
export { type StepResult, TrainingStep, type TrainingStepSettings } from './training/training-step.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export { trainedPatterns } from './tuners/tune.ts'
export type { Tuner, TunerOptions } from './tuners/tuner.ts'
