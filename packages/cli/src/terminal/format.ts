export { formatCount, formatDuration, formatMemory, formatPercent, formatRate } from 'dynamic-tuning'
