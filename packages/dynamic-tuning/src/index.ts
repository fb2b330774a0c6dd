export { type CompileOptions, type Precision, precisions } from '@dynamic-tuning/engine'
export { type CostByRate, costAt, costByRate, rateAtCost } from './cost/cost-by-rate.ts'
export { type Cost, countCost } from './cost/count-cost.ts'
export { type ModelCost, type ModelCostSettings, modelCost } from './cost/model-cost.ts'
export {
  type CountedRow,
  type CountedTable,
  countPaperTable,
  type Figure,
} from './cost/paper/count-paper-table.ts'
export type { PaperRow, PaperTable } from './cost/paper/paper-table.ts'
export { paperTable, paperTables } from './cost/paper/paper-tables.ts'
export { paperCount } from './cost/paper-count.ts'
export { type RandAugment, randAugment, randOperations } from './data/augment/rand-augment.ts'
export type { BadExample, Batch } from './data/batch.ts'
export { type ClipSettings, clipInput } from './data/clips/clip-samples.ts'
export { type Clip, type ClipReader, clipReader } from './data/clips/read-clip.ts'
export { openDataset } from './data/dataset.ts'
export type { Size } from './data/decode.ts'
export { decode, maxPixels } from './data/decode.ts'
export { drawClip, drawnFrames } from './data/drawn/draw-clip.ts'
export { drawImage, drawnLabel, drawnSize, drawnTasks } from './data/drawn/draw-image.ts'
export { type Dataset, type Example, type ImageSource, type Metric, sourceName } from './data/example.ts'
export { isVideoName } from './data/extensions.ts'
export { createLoader, type Loader, type LoaderSettings } from './data/loader.ts'
export { defaultOptions, type OpenOptions } from './data/options.ts'
export type { Pixels } from './data/pixels.ts'
export { type ImageReader, imageReader } from './data/read.ts'
export { type Filter, type Resize, resize } from './data/resize.ts'
export {
  type AugmentSettings,
  createTransform,
  type Transform,
  type TransformSettings,
  toInput,
  transformSchema,
} from './data/transforms.ts'
export {
  findVtabTasks,
  type VtabFolder,
  type VtabGroup,
  type VtabTask,
  vtabGroups,
  vtabTasks,
} from './data/vtab.ts'
export * from './errors.ts'
export { bootstrapInterval, type Interval, shareInterval } from './evaluation/statistics.ts'
export type { OnnxExport } from './export/onnx.ts'
export {
  type BackboneOptions,
  type Normalization,
  type OpenedBackbone,
  openBackbone,
  openBackboneConfig,
} from './io/backbone.ts'
export { type Checkpoint, loadCheckpointFile, saveCheckpointFile } from './io/checkpoint.ts'
export {
  type DownloadProgress,
  type FetchControl,
  type FetchedModel,
  fetchModel,
} from './io/hub/fetch-model.ts'
export { type HubSettings, hubSettings } from './io/hub/hub-settings.ts'
export { placeOfModel, type WeightsPlace } from './io/model-place.ts'
export { openTensors } from './io/open-tensors.ts'
export { loadCheckpoint, type RunCheckpoint, saveCheckpoint } from './io/run-checkpoint.ts'
export { createRunFolder, openRunFolder, type RunFolder } from './io/run-folder.ts'
export { openSafetensors, type ReadOptions, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export type { StoredDType, StoredTensor } from './io/safetensors-header.ts'
export { type WriteOptions, writeSafetensors } from './io/safetensors-writer.ts'
export { readAll, type TensorFile } from './io/tensor-file.ts'
export { writeAside } from './io/write-aside.ts'
export { type Backbone, drawWeights, fitBackbone, vitShapes } from './models/backbone.ts'
export type { CheckpointConfig } from './models/checkpoint-config.ts'
export { fromHuggingFaceNames, hasHuggingFaceNames } from './models/checkpoint-names.ts'
export { type CompareOptions, compareShapes } from './models/compare-shapes.ts'
export {
  buildModel,
  checkModelConfig,
  depthOf,
  layersOf,
  modelConfig,
  modelShapes,
} from './models/families.ts'
export type { ModelHead } from './models/heads/head.ts'
export { headOf, headPatterns, imageRows, sampleInput, sampleSize } from './models/heads/registry.ts'
export type {
  AttentionPart,
  LayerPart,
  MlpPart,
  ModelHooks,
  ModelOutputs,
  ModelPlace,
  Place,
  SitePlace,
  Stages,
} from './models/hooks.ts'
export type { LayerSizes } from './models/layer-sizes.ts'
export type { ModelConfig } from './models/model-config.ts'
export { type Grid, type ResizeMethod, resizePositionEmbedding } from './models/position-embedding.ts'
export { type SwinOutputs, swin } from './models/swin.ts'
export type { SwinConfig } from './models/swin-config.ts'
export { type BackboneOutputs, type VitOutputs, vit, vitBackbone } from './models/vit.ts'
export {
  type GlobalPool,
  patchCount,
  prefixTokens,
  tokenCount,
  type VitConfig,
  vitConfig,
} from './models/vit-config.ts'
export { type StoreOptions, WeightStore, type Weights } from './nn/weight-store.ts'
export {
  checkReduction,
  checkReductionFits,
  type ReductionUse,
} from './reduction/check-reduction.ts'
export {
  type GivenReduction,
  noReduction,
  type ReductionOptions,
  reductionNames,
  reductionOptions,
} from './reduction/options.ts'
export type { KeepDecision, Reduction, ReductionMode, ReductionPass } from './reduction/reduction.ts'
export { openReduction, patternsWith, reductions } from './reduction/registry.ts'
export { methodsPage } from './report/methods-page.ts'
export { type CurveChart, curvesOfMetrics, lastActiveRates } from './report/metrics-curves.ts'
export { type ReportInput, renderReport } from './report/page.ts'
export type { MethodRow } from './report/page-tables.ts'
export {
  type BarChart,
  barChart,
  type LineChart,
  lineChart,
  type PlotLabels,
  type ScatterChart,
  type ScatterPoint,
  type Series,
  scatterChart,
} from './report/plot.ts'
export { formatCount, formatDuration, formatMemory, formatPercent, formatRate } from './report/quantity.ts'
export { sampleWord, sampleWordOf } from './report/sample-word.ts'
export { countActive, heatTokens, overlayTokens, type TokenGrid } from './report/token-overlay.ts'
export {
  encodePng,
  type LayerTokens,
  resizeImage,
  type StripOptions,
  tokenStrip,
} from './report/token-strip.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/adamw.ts'
export { Muon, type MuonSettings } from './training/muon.ts'
export { type LossSettings, type ObjectiveSettings, objective, paperLoss } from './training/objective.ts'
export type { OptimizedWeights, Optimizer } from './training/optimizer.ts'
export { ResidentStep, type ResidentStepSettings } from './training/resident-step.ts'
export { learningRateAt, type ScheduleSettings } from './training/schedule.ts'
export type { ExtraFeeds, StepBatch, StepFeedSettings } from './training/step-feeds.ts'
export { softTargets } from './training/targets.ts'
export type {
  EpochMetrics,
  StepMetrics,
  TrainOutcome,
  TrainTotal,
  Validation,
} from './training/trainer.ts'
export {
  type Gates,
  type StepResult,
  TrainingStep,
  type TrainingStepSettings,
} from './training/training-step.ts'
export { checkModel, checkTuning, completeOptions, type GivenOptions } from './tuners/check-tuning.ts'
export { type GateShape, gateShape } from './tuners/dispatch-inputs.ts'
export { canMerge, mergeTuned, type TunedWeights } from './tuners/merge.ts'
export { type MethodOption, type MethodOptionName, methodOptions } from './tuners/method-options.ts'
export type { Part, Site } from './tuners/parts.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export { type TunedPass, trainedPatterns, tune } from './tuners/tune.ts'
export type { BlockForm, Dispatch, Pass, Tuner, TunerOptions, TunerPass } from './tuners/tuner.ts'
export type { TensorReport } from './verification/compare.ts'
export { type FixtureReport, verifyFixture } from './verification/verify.ts'
export { baselines } from './workflows/bench-baselines.ts'
export { type BenchCase, benchCase } from './workflows/bench-case.ts'
export {
  type CheckedRatio,
  checkExpected,
  compareRatios,
  type ExpectedBench,
  type ExpectedRatio,
  hasRegression,
  ratiosOf,
} from './workflows/bench-check.ts'
export { benchInference } from './workflows/bench-inference.ts'
export {
  type BenchColumn,
  type BenchGroup,
  benchColumns,
  benchGroups,
  benchLegend,
  benchMarkdown,
  benchPlot,
  benchTitle,
  gemmText,
} from './workflows/bench-report.ts'
export { benchTraining } from './workflows/bench-training.ts'
export {
  type BenchReport,
  type BenchResult,
  type BenchSettings,
  defaultBench,
} from './workflows/bench-types.ts'
export { calibrateRun } from './workflows/calibrate-run.ts'
export { budgetThresholds, roundedUp } from './workflows/calibration/budgets.ts'
export type { Calibration, CalibrationSettings } from './workflows/calibration/calibration.ts'
export { curveCells, targetText, thresholdText } from './workflows/calibration/page.ts'
export type { BudgetPoint, CurvePoint } from './workflows/calibration/point.ts'
export { compare } from './workflows/compare/compare.ts'
export { compareColumns } from './workflows/compare/compare-table.ts'
export type { CompareOutcome, CompareRow } from './workflows/compare/finish-comparison.ts'
export { type CompareInput, compareKeys, defaultMethods } from './workflows/compare/plan.ts'
export type { DeadBlock, DeadBlockSettings, DeadBlocks } from './workflows/dead-blocks/find-dead-blocks.ts'
export { changeText, leftOf } from './workflows/dead-blocks/page.ts'
export { type DemoControl, type DemoOutcome, demo } from './workflows/demo.ts'
export type { DemoResult } from './workflows/demo-report.ts'
export {
  type DemoMethod,
  type DemoSettings,
  type DemoTask,
  demoMethods,
  demoTasks,
  demoTitles,
} from './workflows/demo-settings.ts'
export { type EvaluationSettings, evaluateRun, type RunEvaluation } from './workflows/evaluate-run.ts'
export {
  type ExplainedPicture,
  type ExplainSettings,
  type Explanation,
  explainRun,
} from './workflows/explain-run.ts'
export { exportPruned, type PrunedExport } from './workflows/export-pruned.ts'
export {
  type ExportSettings,
  exportModel,
  exportRandomModel,
  type RandomExportSettings,
} from './workflows/export-run.ts'
export { type FinetuneControl, type FinetuneOutcome, finetune } from './workflows/finetune.ts'
export {
  type Augmentation,
  checkFinetune,
  type FinetuneInput,
  type FinetuneSettings,
  finetuneKeys,
} from './workflows/finetune-settings.ts'
export { libraryVersion } from './workflows/library-version.ts'
export { accuracyText, type CaseColumn, intervalText } from './workflows/many-runs/case-columns.ts'
export type { ManyRunsControl, ManyRunsStopped, ManyRunsWork } from './workflows/many-runs/control.ts'
export { failureText, type RunFailure } from './workflows/many-runs/failures.ts'
export type { PlannedRun } from './workflows/many-runs/plan-runs.ts'
export type { NamedSettings, SomeSettings } from './workflows/many-runs/run-case.ts'
export type { JobEnd } from './workflows/many-runs/start-finetune.ts'
export type { CaseRow } from './workflows/many-runs/summarize-cases.ts'
export { nearestWord } from './workflows/nearest-word.ts'
export type { Candidate, EvolutionProgress } from './workflows/noah-search/evolve.ts'
export type { NoahSearchControl } from './workflows/noah-search/find-winner.ts'
export { noahSearch } from './workflows/noah-search/noah-search.ts'
export type { NoahSearchResult, NoahSearchStopped } from './workflows/noah-search/result.ts'
export { type NoahSearchInput, noahSearchKeys, planSearch } from './workflows/noah-search/search-settings.ts'
export { peakMemoryMB } from './workflows/peak-memory.ts'
export { type ImagePrediction, type PredictSettings, predictImages } from './workflows/predict.ts'
export { pretrain, type RunControl } from './workflows/pretrain.ts'
export {
  builtinModel,
  checkPretrain,
  defaultPretrain,
  type PretrainInput,
  type PretrainSettings,
  pretrainKeys,
} from './workflows/pretrain-settings.ts'
export type { RunSummary } from './workflows/summary.ts'
export type { SweepOutcome } from './workflows/sweep/outcome.ts'
export { planSweep, type SweepInput, sweepKeys } from './workflows/sweep/plan.ts'
export { type SweepMetric, sweepMetrics } from './workflows/sweep/rank-by.ts'
export { sweep } from './workflows/sweep/sweep.ts'
export { sweepColumns } from './workflows/sweep/sweep-table.ts'
export {
  type InferencePass,
  openRun,
  type TunedModel,
  type TunedRun,
  tunedModel,
  withReduction,
} from './workflows/tuned-run.ts'
export type { VtabOutcome, VtabSearchRow, VtabTaskRow } from './workflows/vtab/outcome.ts'
export { type VtabInput, vtabKeys } from './workflows/vtab/plan.ts'
export { vtab } from './workflows/vtab/vtab.ts'
export { type VtabLine, vtabHeads, vtabLines } from './workflows/vtab/vtab-table.ts'
