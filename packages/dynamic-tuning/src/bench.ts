/**
 * Benchmarks: speed and memory of inference and training as ratios within one run.
 */

export type { Baseline, BaselineModel } from './bench/baseline.ts'
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
  type BenchPlace,
  type BenchReport,
  type BenchResult,
  type BenchSelection,
  type BenchSettings,
  defaultBench,
  type GemmResult,
} from './bench/types.ts'
export { type GemmProbe, gemmProbe } from './evaluation/gemm-probe.ts'
export { type TimedCase, type Timing, type TimingSettings, timeInTurn } from './evaluation/timing.ts'
export type { BenchEnvironment } from './run/environment.ts'
export { peakMemoryMB } from './run/peak-memory.ts'
