import type { PaperRow } from './paper-table.ts'

/** A row: its name, parameters and FLOPs as printed, and the name and options of its method here. */
export function row(
  method: string,
  params: string,
  flops: string,
  tuner?: string,
  options?: PaperRow['options'],
): PaperRow {
  return { method, params, flops, ...(tuner && { tuner }), ...(options && { options }) }
}

/** A row of Dynamic Tuning; d = 64 and r = 0.5 unless the options say otherwise. */
export function dispatched(
  method: string,
  [params, flops]: readonly [string, string],
  options: NonNullable<PaperRow['options']>,
): PaperRow {
  return row(method, params, flops, 'dyt', { bottleneck: 64, rate: 0.5, ...options })
}
