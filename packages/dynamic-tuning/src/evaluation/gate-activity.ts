import type { Site } from '../tuners/parts.ts'

/** How often a gate was open, over some images. */
export interface GateActivity extends Site {
  /**
   * Mean share of the patch tokens present at the gate (at sample level, of the images) that it let through.
   */
  readonly rate: number
  /** Root mean square of the share per image: the cost of attention grows with its square. */
  readonly rms: number
}

/**
 * Share of open decisions of every image and gate, [B, D]. masks: the decisions of
 * each image, gate after gate.
 */
export function sharesOf(masks: Float32Array, decisions: readonly number[]): Float64Array {
  const perImage = decisions.reduce((sum, count) => sum + count, 0)
  const shares = new Float64Array((masks.length / perImage) * decisions.length)
  let at = 0
  for (let row = 0; row < shares.length; row++) {
    const count = decisions[row % decisions.length] as number
    let active = 0
    for (let i = 0; i < count; i++) active += masks[at++] as number
    shares[row] = active / count
  }
  return shares
}

/** Adds up decisions [B, D, n] batch by batch; n may differ from gate to gate. */
export class ActivityTally {
  private images = 0
  private readonly sums: Float64Array
  private readonly squares: Float64Array

  constructor(
    private readonly sites: readonly Site[],
    private readonly perGate: readonly number[],
  ) {
    this.sums = new Float64Array(sites.length)
    this.squares = new Float64Array(sites.length)
  }

  /** If tokens were merged, masks refer to patches, and `shares` [B, D] to the tokens that were present. */
  add(masks: Float32Array, shares: Float32Array | Float64Array = sharesOf(masks, this.perGate)): void {
    const gates = this.sites.length
    for (const [row, share] of shares.entries()) {
      const gate = row % gates
      this.sums[gate] = (this.sums[gate] as number) + share
      this.squares[gate] = (this.squares[gate] as number) + share ** 2
    }
    this.images += shares.length / gates
  }

  result(): GateActivity[] {
    return this.sites.map((site, gate) => ({
      ...site,
      rate: (this.sums[gate] as number) / this.images,
      rms: Math.sqrt((this.squares[gate] as number) / this.images),
    }))
  }
}

/** Mean share over the gates of each layer; 1 for layers without dispatch. */
export function ratePerLayer(gates: readonly GateActivity[], depth: number): number[] {
  return Array.from({ length: depth }, (_, layer) => {
    const own = gates.filter((gate) => gate.layer === layer)
    return own.length === 0 ? 1 : meanRate(own)
  })
}

/** Mean share over all gates, as used by the rate loss. */
export function meanRate(gates: readonly GateActivity[]): number {
  return gates.reduce((sum, { rate }) => sum + rate, 0) / gates.length
}
