export { formatCount, formatDuration, formatPercent, formatRate } from 'dynamic-tuning'

/** Megabytes as a person says them: 812 is "812 MB", 2048 is "2.0 GB" (1 GB = 1024 MB). */
export function formatMemory(megabytes: number): string {
  if (!Number.isFinite(megabytes)) return '–'
  return megabytes < 999.5 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`
}
