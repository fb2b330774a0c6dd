/**
 * The library: tune, evaluate, explain, calibrate and export runs, compare many of them, and count what a
 * network costs. Parts of it have entries of their own: `dynamic-tuning/data`, `/network`, `/io`,
 * `/settings`, `/report`, `/bench` and, for pages, `/browser`.
 */

export { type ModelCost, type ModelCostSettings, modelCost } from './cost/model-cost.ts'
export { type DemoControl, type DemoInput, type DemoOutcome, demo } from './demo/demo.ts'
export type { DemoResult } from './demo/report.ts'
export type { DemoMethod, DemoSettings, DemoTask } from './demo/settings.ts'
export {
  CheckpointError,
  ConfigError,
  DataError,
  DownloadError,
  RunError,
  ToolError,
  TuningError,
} from './errors.ts'
export type { Measure } from './evaluation/measure.ts'
export type { OnnxExport } from './export/onnx.ts'
export { type Network, network } from './network/network.ts'
export type { NetworkParts } from './network/parts.ts'
export { calibrateRun } from './run/calibrate/calibrate-run.ts'
export type { Calibration, CalibrationSettings } from './run/calibrate/calibration.ts'
export type { BudgetPoint, CurvePoint } from './run/calibrate/point.ts'
export type { DeadBlock, DeadBlockSettings, DeadBlocks } from './run/dead-blocks/find-dead-blocks.ts'
export { type EvaluationSettings, evaluateRun, type RunEvaluation } from './run/evaluate-run.ts'
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
export { type ImagePrediction, type PredictSettings, predictImages } from './run/predict.ts'
export { pretrain } from './run/pretrain.ts'
export type { RunControl, WithoutSignal } from './run/run-control.ts'
export type { FinetuneInput, FinetuneSettings } from './run/settings/finetune-settings.ts'
export type { PretrainInput, PretrainSettings } from './run/settings/pretrain-settings.ts'
export type { RunSummary } from './run/summary.ts'
export { openRun, type TunedModel, type TunedRun } from './run/tuned-run.ts'
export { compare } from './study/compare/compare.ts'
export type { CompareOutcome, CompareRow } from './study/compare/outcome.ts'
export type { CompareInput } from './study/compare/plan.ts'
export type { NoahSearchControl } from './study/noah/find-winner.ts'
export { noahSearch } from './study/noah/noah-search.ts'
export type { NoahSearchResult, NoahSearchStopped } from './study/noah/result.ts'
export type { NoahSearchInput } from './study/noah/search-settings.ts'
export type { ManyRunsControl, ManyRunsStopped, ManyRunsWork } from './study/pool/control.ts'
export type { RunFailure } from './study/pool/failures.ts'
export type { PlannedRun } from './study/pool/plan-runs.ts'
export type { JobEnd } from './study/pool/start-finetune.ts'
export type { CaseRow } from './study/pool/summarize-cases.ts'
export type { SweepOutcome } from './study/sweep/outcome.ts'
export type { SweepInput } from './study/sweep/plan.ts'
export { sweep } from './study/sweep/sweep.ts'
export type { VtabOutcome, VtabSearchRow, VtabTaskRow } from './study/vtab/outcome.ts'
export type { VtabInput } from './study/vtab/plan.ts'
export { vtab } from './study/vtab/vtab.ts'
export { taskNamed, tasks } from './tasks/registry.ts'
export type { Task } from './tasks/task.ts'
export type { EpochMetrics, StepMetrics } from './training/metrics.ts'
export type { TrainTotal } from './training/trainer.ts'
export type { TunerOptions } from './tuners/options.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export type { Tuner } from './tuners/tuner.ts'
export type { TensorReport } from './verification/compare.ts'
export { type FixtureReport, verifyFixture } from './verification/verify.ts'
