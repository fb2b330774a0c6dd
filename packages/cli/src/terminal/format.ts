export {
  formatCount,
  formatDuration,
  formatMeasure,
  formatMemory,
  formatPercent,
  formatRate,
} from 'dynamic-tuning'
