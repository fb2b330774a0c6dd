import type { Site } from '../tuners/parts.ts'

/** How often a gate was open, over some images. */
export interface GateActivity extends Site {
  /** Mean share of patch tokens (or, at sample level, of images) let through. */
  readonly rate: number
  /** Root of the mean square of an image's share: attention costs the square of its tokens. */
  readonly rms: number
}

/** Adds up decisions [B, D, n] batch by batch. */
export class ActivityTally {
  private images = 0
  private readonly sums: Float64Array
  private readonly squares: Float64Array

  constructor(
    private readonly sites: readonly Site[],
    private readonly decisions: number,
  ) {
    this.sums = new Float64Array(sites.length)
    this.squares = new Float64Array(sites.length)
  }

  add(masks: Float32Array): void {
    const { decisions: n } = this
    const gates = this.sites.length
    for (let row = 0; row < masks.length / n; row++) {
      let active = 0
      for (let i = 0; i < n; i++) active += masks[row * n + i] as number
      const gate = row % gates
      this.sums[gate] = (this.sums[gate] as number) + active / n
      this.squares[gate] = (this.squares[gate] as number) + (active / n) ** 2
    }
    this.images += masks.length / n / gates
  }

  result(): GateActivity[] {
    return this.sites.map((site, gate) => ({
      ...site,
      rate: (this.sums[gate] as number) / this.images,
      rms: Math.sqrt((this.squares[gate] as number) / this.images),
    }))
  }
}

/** Mean share over a layer's gates, for every layer; 1 where nothing is dispatched. */
export function ratePerLayer(gates: readonly GateActivity[], depth: number): number[] {
  return Array.from({ length: depth }, (_, layer) => {
    const own = gates.filter((gate) => gate.layer === layer)
    return own.length === 0 ? 1 : meanRate(own)
  })
}

/** Mean share over all gates: what the rate loss sees. */
export function meanRate(gates: readonly GateActivity[]): number {
  return gates.reduce((sum, { rate }) => sum + rate, 0) / gates.length
}
