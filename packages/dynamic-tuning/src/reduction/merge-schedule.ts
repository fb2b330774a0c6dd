import type { ReductionOptions } from './options.ts'

/**
 * ToMe's r for every layer. A list is used as given, with 0 for missing entries. A single r with slope w goes
 * linearly from int(r (1 - w)) to 2r minus that. As published, a layer merges at most floor((T - 1) / 2) of
 * its T tokens, because the class token stays and one half merges into the other.
 */
export function mergesPerLayer(
  { tomeR, tomeSlope }: Pick<ReductionOptions, 'tomeR' | 'tomeSlope'>,
  depth: number,
  tokens: number,
): number[] {
  let present = tokens
  return Array.from({ length: depth }, (_, layer) => {
    const wanted = typeof tomeR === 'number' ? sloped(tomeR, tomeSlope, layer, depth) : (tomeR[layer] ?? 0)
    const merged = Math.max(0, Math.min(wanted, Math.floor((present - 1) / 2)))
    present -= merged
    return merged
  })
}

function sloped(r: number, slope: number, layer: number, depth: number): number {
  if (slope === 0 || depth === 1) return Math.trunc(r)
  const first = Math.trunc(r * (1 - slope))
  const last = 2 * r - first
  return Math.trunc(first + (layer * (last - first)) / (depth - 1))
}
