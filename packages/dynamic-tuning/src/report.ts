/**
 * Text, tables and charts: of measures and quantities, cases of studies, costs beside the papers, and tokens.
 */

export { messageText } from '@dynamic-tuning/engine'
export { type SampleWord, sampleWord } from './data/samples/word.ts'
export { bestFirst, numberIn, valueIn, valueInterval, worstFirst } from './evaluation/measure.ts'
export type { View } from './evaluation/picture.ts'
export type { Interval } from './evaluation/statistics.ts'
export { type BarChart, barChart } from './report/bar-chart.ts'
export { type LineChart, lineChart, type Series } from './report/line-chart.ts'
export { methodsPage } from './report/methods-page.ts'
export { type CurveChart, type CurvesTask, curvesOfMetrics } from './report/metrics-curves.ts'
export { type ReportInput, renderReport } from './report/page.ts'
export type { MethodRow, MethodRows } from './report/page-tables.ts'
export type { LeastSpan, PlotLabels } from './report/plot-frame.ts'
export {
  formatBare,
  formatCount,
  formatDuration,
  formatMeasure,
  formatMemory,
  formatPercent,
  formatRate,
  intervalText,
} from './report/quantity.ts'
export { type ScatterChart, type ScatterPoint, scatterChart } from './report/scatter-chart.ts'
export type { ReportSection, SectionTable } from './report/section.ts'
export { smallTestNote, type TestSize } from './report/small-test.ts'
export { overlayTokens, type TokenGrid } from './report/token-overlay.ts'
export { encodePng, type LayerTokens, type StripOptions, tokenStrip } from './report/token-strip.ts'
export { roundedUp } from './run/calibrate/budgets.ts'
export { curveCells, targetText, thresholdText } from './run/calibrate/page.ts'
export { changeIn } from './run/dead-blocks/find-dead-blocks.ts'
export { changeText, leftOf } from './run/dead-blocks/page.ts'
export { compareColumns } from './study/compare/compare-table.ts'
export { jointTable } from './study/joint/joint-table.ts'
export type { BesideTable } from './study/paper/beside-paper.ts'
export type { CaseColumn } from './study/pool/case-columns.ts'
export { failureText } from './study/pool/failures.ts'
export { sampleWordOf } from './study/pool/sample-of.ts'
export { type Score, scoreOf, scoreText } from './study/pool/score.ts'
export { smallTestNotes } from './study/pool/small-test-notes.ts'
export { studyMeasure } from './study/pool/study-measure.ts'
export { sweepColumns } from './study/sweep/sweep-table.ts'
export { byGroup as vtabByGroup } from './study/vtab/joint-table.ts'
export { type VtabLine, vtabHeads, vtabLines } from './study/vtab/vtab-table.ts'
export { fieldOf } from './training/field-of.ts'
export type { MetricValue } from './training/metrics.ts'
