export { type CompileOptions, type Precision, precisions } from '@dynamic-tuning/engine'
export { baselines } from './bench/baselines.ts'
export { type BenchCase, benchCase } from './bench/case.ts'
export {
  type CheckedRatio,
  checkExpected,
  compareRatios,
  type ExpectedBench,
  type ExpectedRatio,
  hasRegression,
  ratiosOf,
} from './bench/check.ts'
export { benchInference } from './bench/inference.ts'
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
} from './bench/report.ts'
export { benchTraining } from './bench/training.ts'
export {
  type BenchReport,
  type BenchResult,
  type BenchSettings,
  defaultBench,
} from './bench/types.ts'
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
export { staticFlops } from './cost/static-flops.ts'
export { openDataset } from './data/dataset.ts'
export { type Dataset, type Example, type ImageSource, sourceName } from './data/example.ts'
export {
  findVtabTasks,
  type VtabFolder,
  type VtabGroup,
  type VtabTask,
  vtabGroups,
  vtabTasks,
} from './data/kinds/vtab.ts'
export type { BadExample, Batch } from './data/loader/batch.ts'
export { createLoader, type Loader, type LoaderSettings } from './data/loader/loader.ts'
export { defaultOptions, type OpenOptions } from './data/options.ts'
export type { SampleSettings } from './data/samples/sample.ts'
export { sampleWord } from './data/samples/word.ts'
export { decode, maxPixels, type Size } from './data/sources/decode.ts'
export { drawClip, drawnFrames } from './data/sources/drawn/draw-clip.ts'
export { drawImage, drawnLabel, drawnSize } from './data/sources/drawn/draw-image.ts'
export { drawnTasks } from './data/sources/drawn/tasks.ts'
export { isVideoName } from './data/sources/extensions.ts'
export type { Pixels } from './data/sources/pixels.ts'
export { type Clip, type ClipReader, clipReader } from './data/sources/read-clip.ts'
export { type ImageReader, imageReader } from './data/sources/read-image.ts'
export { type RandAugment, randAugment, randOperations } from './data/transforms/augment/rand-augment.ts'
export { type Filter, type Resize, resize } from './data/transforms/resize.ts'
export {
  type AugmentSettings,
  createTransform,
  type Transform,
  type TransformSettings,
  toInput,
  transformSchema,
} from './data/transforms/transforms.ts'
export { type DemoControl, type DemoOutcome, demo } from './demo/demo.ts'
export type { DemoResult } from './demo/report.ts'
export {
  type DemoMethod,
  type DemoSettings,
  type DemoTask,
  demoMethods,
  demoTasks,
  demoTitles,
} from './demo/settings.ts'
export * from './errors.ts'
export { bestFirst, headingOf, type Measure, numberIn, valueIn } from './evaluation/measure.ts'
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
  fetchModel,
} from './io/hub/fetch-model.ts'
export type { FetchedModel } from './io/hub/hub-cache.ts'
export { type HubSettings, hubSettings } from './io/hub/hub-settings.ts'
export { placeOfModel, type WeightsPlace } from './io/model-place.ts'
export { openTensors } from './io/open-tensors.ts'
export type { RunCheckpoint } from './io/run-checkpoint.ts'
export { createRunFolder, openRunFolder, type RunFolder } from './io/run-folder.ts'
export { openSafetensors, type ReadOptions, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export type { StoredDType, StoredTensor } from './io/safetensors-header.ts'
export { type WriteOptions, writeSafetensors } from './io/safetensors-writer.ts'
export { readAll, type TensorFile } from './io/tensor-file.ts'
export { writeAside } from './io/write-aside.ts'
export { type Backbone, drawWeights, fitBackbone, vitShapes } from './models/backbone.ts'
export type { CheckpointConfig } from './models/checkpoints/checkpoint-config.ts'
export { fromHuggingFaceNames, hasHuggingFaceNames } from './models/checkpoints/checkpoint-names.ts'
export { type CompareOptions, compareShapes } from './models/compare-shapes.ts'
export {
  buildModel,
  checkModelConfig,
  depthOf,
  layersOf,
  modelConfig,
  modelShapes,
} from './models/families.ts'
export type { GlobalPool } from './models/heads/global-pool.ts'
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
export { type SwinOutputs, swin } from './models/swin/swin.ts'
export type { SwinConfig } from './models/swin/swin-config.ts'
export { type Grid, type ResizeMethod, resizePositionEmbedding } from './models/vit/position-embedding.ts'
export { type BackboneOutputs, type VitOutputs, vit, vitBackbone } from './models/vit/vit.ts'
export { patchCount, prefixTokens, tokenCount, type VitConfig } from './models/vit/vit-config.ts'
export { vitConfig } from './models/vit/vit-names.ts'
export { checkNetwork } from './network/check-network.ts'
export { canMerge, mergeTuned, type TunedWeights } from './network/merge.ts'
export { type Network, network } from './network/network.ts'
export type { NetworkParts } from './network/parts.ts'
export type { InferenceKind, NetworkOutputs, NetworkPass } from './network/pass.ts'
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
export { openReduction, reductions } from './reduction/registry.ts'
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
export {
  formatCount,
  formatDuration,
  formatMeasure,
  formatMemory,
  formatPercent,
  formatRate,
} from './report/quantity.ts'
export { countActive, heatTokens, overlayTokens, type TokenGrid } from './report/token-overlay.ts'
export {
  encodePng,
  type LayerTokens,
  resizeImage,
  type StripOptions,
  tokenStrip,
} from './report/token-strip.ts'
export { budgetThresholds, roundedUp } from './run/calibrate/budgets.ts'
export { calibrateRun } from './run/calibrate/calibrate-run.ts'
export type { Calibration, CalibrationSettings } from './run/calibrate/calibration.ts'
export { curveCells, targetText, thresholdText } from './run/calibrate/page.ts'
export type { BudgetPoint, CurvePoint } from './run/calibrate/point.ts'
export {
  changeIn,
  type DeadBlock,
  type DeadBlockSettings,
  type DeadBlocks,
} from './run/dead-blocks/find-dead-blocks.ts'
export { changeText, leftOf } from './run/dead-blocks/page.ts'
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
export { type FinetuneControl, type FinetuneOutcome, finetune } from './run/finetune.ts'
export { libraryVersion } from './run/library-version.ts'
export { peakMemoryMB } from './run/peak-memory.ts'
export { type ImagePrediction, type PredictSettings, predictImages } from './run/predict.ts'
export { pretrain } from './run/pretrain.ts'
export type { RunControl } from './run/run-control.ts'
export { checkFinetune } from './run/settings/check-finetune.ts'
export {
  type FinetuneInput,
  type FinetuneSettings,
  finetuneKeys,
  finetuneSettings,
  type SomeSettings,
} from './run/settings/finetune-settings.ts'
export type { Augmentation } from './run/settings/image-settings.ts'
export { nodeDevices } from './run/settings/machine-settings.ts'
export { nearestWord } from './run/settings/nearest-word.ts'
export {
  builtinModel,
  checkPretrain,
  defaultPretrain,
  type PretrainInput,
  type PretrainSettings,
  pretrainKeys,
  pretrainSettings,
} from './run/settings/pretrain-settings.ts'
export type { RunSummary } from './run/summary.ts'
export {
  openRun,
  type TunedModel,
  type TunedRun,
  tunedModel,
  withReduction,
} from './run/tuned-run.ts'
export type { Setting, SettingForm, Settings } from './setting.ts'
export { compare } from './study/compare/compare.ts'
export { compareColumns } from './study/compare/compare-table.ts'
export type { CompareOutcome, CompareRow } from './study/compare/outcome.ts'
export { type CompareInput, compareKeys, defaultMethods } from './study/compare/plan.ts'
export type { Candidate, EvolutionProgress } from './study/noah/evolve.ts'
export type { NoahSearchControl } from './study/noah/find-winner.ts'
export { noahSearch } from './study/noah/noah-search.ts'
export type { NoahSearchResult, NoahSearchStopped } from './study/noah/result.ts'
export {
  type NoahSearchInput,
  noahSearchKeys,
  noahSearchSettings,
  planSearch,
} from './study/noah/search-settings.ts'
export type { CaseColumn } from './study/pool/case-columns.ts'
export type { ManyRunsControl, ManyRunsStopped, ManyRunsWork } from './study/pool/control.ts'
export { failureText, type RunFailure } from './study/pool/failures.ts'
export type { PlannedRun } from './study/pool/plan-runs.ts'
export type { NamedSettings } from './study/pool/run-case.ts'
export { sampleWordOf } from './study/pool/sample-of.ts'
export { intervalText, type Score, scoreOf, scoreText } from './study/pool/score.ts'
export type { JobEnd } from './study/pool/start-finetune.ts'
export { studyMeasure } from './study/pool/study-measure.ts'
export type { CaseRow } from './study/pool/summarize-cases.ts'
export type { SweepOutcome } from './study/sweep/outcome.ts'
export { planSweep, type SweepInput, sweepKeys } from './study/sweep/plan.ts'
export { sweepMetrics } from './study/sweep/rank-by.ts'
export { sweep } from './study/sweep/sweep.ts'
export { sweepColumns } from './study/sweep/sweep-table.ts'
export type { VtabOutcome, VtabSearchRow, VtabTaskRow } from './study/vtab/outcome.ts'
export { type VtabInput, vtabKeys } from './study/vtab/plan.ts'
export { vtab } from './study/vtab/vtab.ts'
export { type VtabLine, vtabHeads, vtabLines } from './study/vtab/vtab-table.ts'
export { classificationLoss, classTargets } from './tasks/classification/loss.ts'
export { taskNamed, tasks } from './tasks/registry.ts'
export type { Task } from './tasks/task.ts'
export { fieldOf } from './training/field-of.ts'
export type { Gates, Learner, LearnerState, StepResult } from './training/learner.ts'
export { HostLearner, type OptimizerMaker } from './training/learners/host.ts'
export { ResidentLearner, type ResidentSettings } from './training/learners/resident.ts'
export type { Distillation, Named, TargetSettings, Targets, TaskLoss } from './training/loss.ts'
export { type LossSettings, type ObjectiveSettings, paperLoss } from './training/loss-graph.ts'
export { type MemoryLog, memoryLog } from './training/memory-log.ts'
export type { EpochMetrics, MetricFields, MetricValue, StepMetrics } from './training/metrics.ts'
export { objective } from './training/objective.ts'
export { AdamW, type AdamWSettings, defaultAdamW } from './training/optimizers/adamw.ts'
export { Muon, type MuonSettings } from './training/optimizers/muon.ts'
export type { OptimizedWeights, Optimizer } from './training/optimizers/optimizer.ts'
export type { RunLog, Snapshot } from './training/run-log.ts'
export { type CosineSettings, cosine } from './training/schedules/cosine.ts'
export type { Schedule } from './training/schedules/schedule.ts'
export type { ExtraFeeds, StepBatch, StepFeedSettings } from './training/step-feeds.ts'
export type { TrainedWeights, TrainOutcome, TrainTotal } from './training/trainer.ts'
export {
  type PassResult,
  type TrainableStep,
  TrainingStep,
  type TrainingStepSettings,
} from './training/training-step.ts'
export { checkModel, checkTuning, completeOptions, type GivenOptions } from './tuners/check-tuning.ts'
export { type GateShape, gateShape } from './tuners/dispatch-inputs.ts'
export { type MethodOptionName, methodOptions } from './tuners/method-options.ts'
export type { Part, Site } from './tuners/parts.ts'
export { tunerNamed, tuners } from './tuners/registry.ts'
export { type TunedPass, trainedPatterns, tune } from './tuners/tune.ts'
export type { BlockForm, Dispatch, Pass, Tuner, TunerOptions, TunerPass } from './tuners/tuner.ts'
export type { TensorReport } from './verification/compare.ts'
export { type FixtureReport, verifyFixture } from './verification/verify.ts'
