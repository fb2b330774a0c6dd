/** From which overlaps a candidate is an object or background; between them it is neither. */
export interface MatchRule {
  /** Below it a candidate is background. */
  readonly background: number
  /** From it on a candidate is an object. */
  readonly object: number
  /** True if each truth also takes the candidates that overlap it most, however little. */
  readonly promotes: boolean
}

/** Rules of proposal networks and of the heads after them. */
export const proposalRule: MatchRule = { background: 0.3, object: 0.7, promotes: true }
export const headRule: MatchRule = { background: 0.5, object: 0.5, promotes: false }

/** What candidates are. */
export interface BoxMatches {
  /** For each candidate 1 (an object), 0 (background) or -1 (neither). */
  readonly labels: Int8Array
  /** For each candidate the truth that it overlaps most, -1 if it is no object. */
  readonly truths: Int32Array
  /** For each candidate its largest overlap with a truth, 0 without truths. */
  readonly best: Float64Array
}

/**
 * Matches candidates with truths by their overlaps, as detectron2 does. Candidates that a truth promotes
 * still belong to the truth that they overlap most; of equal ones the first.
 * @param overlaps of every truth (rows) with every candidate: [truths * candidates]
 */
export function matchBoxes(overlaps: Float64Array, candidates: number, rule: MatchRule): BoxMatches {
  const best = new Float64Array(candidates)
  const nearest = new Int32Array(candidates).fill(-1)
  for (let i = 0; i < overlaps.length; i++) {
    const [truth, candidate] = [Math.floor(i / candidates), i % candidates]
    if (nearest[candidate] !== -1 && (overlaps[i] ?? 0) <= (best[candidate] ?? 0)) continue
    best[candidate] = overlaps[i] ?? 0
    nearest[candidate] = truth
  }
  const labels = Int8Array.from(best, (overlap) =>
    overlap >= rule.object ? 1 : overlap < rule.background ? 0 : -1,
  )
  if (rule.promotes) promote(overlaps, labels)
  return { labels, truths: nearest.map((truth, i) => (labels[i] === 1 ? truth : -1)), best }
}

/** Makes every candidate an object that overlaps a truth as much as any does. */
function promote(overlaps: Float64Array, labels: Int8Array): void {
  const { length: candidates } = labels
  if (candidates === 0) return
  for (let start = 0; start < overlaps.length; start += candidates) {
    const row = overlaps.subarray(start, start + candidates)
    const largest = row.reduce((most, overlap) => Math.max(most, overlap), 0)
    for (const [candidate, overlap] of row.entries()) if (overlap === largest) labels[candidate] = 1
  }
}
