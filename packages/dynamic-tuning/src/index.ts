export * from './errors.ts'
export { openSafetensors, type ReadOptions, readSafetensors, type SafetensorsFile } from './io/safetensors.ts'
export type { StoredDType, StoredTensor } from './io/safetensors-header.ts'
export { type WriteOptions, writeSafetensors } from './io/safetensors-writer.ts'
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
export { formatCount, formatDuration, formatPercent, formatRate } from './report/quantity.ts'
export { countActive, heatTokens, overlayTokens, type TokenGrid } from './report/token-overlay.ts'
export {
  encodePng,
  type LayerTokens,
  resizeImage,
  type StripOptions,
  tokenStrip,
} from './report/token-strip.ts'
