export { type BarChart, barChart } from './bar-chart.ts'
export { type LineChart, lineChart, type Series } from './line-chart.ts'
export type { PlotLabels } from './plot-frame.ts'
export { type ScatterChart, type ScatterPoint, scatterChart } from './scatter-chart.ts'
