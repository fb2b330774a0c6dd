/**
 * The library: tune, evaluate, explain, calibrate and export runs, compare several, and count what a network
 * costs. Building blocks have entries of their own: `dynamic-tuning/data`, `/models`, `/training`, `/tasks`,
 * `/study`, `/cost`, `/io`, `/settings`, `/report`, `/bench`, `/demo`, `/verify` and, for pages, `/browser`.
 */

export type { CompileOptions, Device, OnnxModel, Precision, TensorData } from '@dynamic-tuning/engine'
export type { Cost } from './cost/count-cost.ts'
export { type ModelCost, type ModelCostSettings, modelCost } from './cost/model-cost.ts'
export type { TransformSettings } from './data/transforms/transforms.ts'
export {
  CheckpointError,
  ConfigError,
  DataError,
  DownloadError,
  RunError,
  ToolError,
  TuningError,
} from './errors.ts'
export type { Answer } from './evaluation/answer.ts'
export { Classifier, type ClassifierSettings } from './evaluation/classifier.ts'
export type { GateActivity } from './evaluation/gate-activity.ts'
export { type Measure, valueIn } from './evaluation/measure.ts'
export type { ClassScore } from './evaluation/tally.ts'
export type { OnnxExport, OnnxExportSettings } from './export/onnx.ts'
export type { Normalization } from './io/backbone.ts'
export type { RunFolder } from './io/run-folder.ts'
export type { Named } from './models/head.ts'
export type { ModelConfig } from './models/model-config.ts'
export type { Network } from './network/network.ts'
export type { InferenceKind } from './network/pass.ts'
export { WeightStore } from './nn/weight-store.ts'
export type { GivenReduction } from './reduction/options.ts'
export { calibrateRun } from './run/calibrate/calibrate-run.ts'
export type { Calibration, CalibrationSettings } from './run/calibrate/calibration.ts'
export type { BudgetPoint, CurvePoint } from './run/calibrate/point.ts'
export type { Target } from './run/calibrate/targets.ts'
export type { DeadBlock, DeadBlockSettings, DeadBlocks } from './run/dead-blocks/find-dead-blocks.ts'
export type { BenchEnvironment } from './run/environment.ts'
export {
  type ClassRow,
  type EvaluationSettings,
  evaluateRun,
  type Fp32Comparison,
  type RunEvaluation,
} from './run/evaluate-run.ts'
export {
  type ExplainedPicture,
  type ExplainSettings,
  type Explanation,
  explainRun,
} from './run/explain/explain-run.ts'
export { exportPruned, type PrunedExport } from './run/export/export-pruned.ts'
export {
  type ExportSettings,
  exportModel,
  exportRandomModel,
  type RandomExportSettings,
} from './run/export/export-run.ts'
export { type FinetuneControl, type FinetuneOutcome, type FinishedRun, finetune } from './run/finetune.ts'
export { libraryVersion } from './run/library-version.ts'
export { type ImageAnswer, type ImagePrediction, type PredictSettings, predictImages } from './run/predict.ts'
export { pretrain } from './run/pretrain.ts'
export type { RunConfig } from './run/run-config.ts'
export type { RunControl, WithoutSignal } from './run/run-control.ts'
export type { ClipRunSettings } from './run/settings/clip-settings.ts'
export type { FinetuneInput, FinetuneSettings, SomeSettings } from './run/settings/finetune-settings.ts'
export type { PretrainInput, PretrainSettings } from './run/settings/pretrain-settings.ts'
export type { RunSummary } from './run/summary.ts'
export { type GateChoices, openRun, type TunedModel, type TunedRun } from './run/tuned-run.ts'
export type { SomeOf, ValuesOf } from './setting.ts'
export { compare } from './study/compare/compare.ts'
export type { MeasuredSpeeds } from './study/compare/compare-speed.ts'
export type { CompareOutcome, CompareRow } from './study/compare/outcome.ts'
export type { CompareInput } from './study/compare/plan.ts'
export type { ManyRunsControl, ManyRunsStopped, ManyRunsWork } from './study/pool/control.ts'
export type { RunFailure } from './study/pool/failures.ts'
export type { PlannedRun } from './study/pool/plan-runs.ts'
export type { FailedEnd } from './study/pool/process-messages.ts'
export type { NamedSettings, RunCase } from './study/pool/run-case.ts'
export type { JobEnd } from './study/pool/start-finetune.ts'
export type { CaseRow } from './study/pool/summarize-cases.ts'
export type { Grid } from './study/sweep/expand-grid.ts'
export type { SweepOutcome } from './study/sweep/outcome.ts'
export type { SweepInput } from './study/sweep/plan.ts'
export { sweep } from './study/sweep/sweep.ts'
export type { Task } from './tasks/task.ts'
export type { EpochMetrics, MetricFields, StepMetrics } from './training/metrics.ts'
export type { TrainOutcome, TrainTotal } from './training/trainer.ts'
export type { TunerOptions } from './tuners/options.ts'
export type { Site } from './tuners/parts.ts'
export type { BlockForm } from './tuners/tuner.ts'
