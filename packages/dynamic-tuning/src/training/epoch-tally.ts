import { fieldOf } from './field-of.ts'

/** Sums over some steps. */
export interface EpochSums {
  /** Number of samples seen. */
  images: number
  /** Sum of the losses of all samples. */
  loss: number
  /** Sums over samples, by measure. */
  scores: Record<string, number>
  /** Time spent in steps. */
  seconds: number
  /** Time spent waiting for the samples of steps. */
  waitSeconds: number
}

/** Means over an epoch: `trainLoss`, and `train<Measure>` for each measure. */
export interface EpochMeans {
  readonly trainLoss: number
  /** Time spent in steps. */
  readonly seconds: number
  /** Time spent waiting for the samples of steps. */
  readonly waitSeconds: number
  readonly [trainMeasure: string]: number
}

/** One step: means over its samples, and the time it took. */
export interface StepMeans {
  /** Number of samples. */
  readonly size: number
  readonly loss: number
  /** Means by measure. */
  readonly scores: Readonly<Record<string, number>>
  readonly seconds: number
  readonly waitSeconds: number
}

const nothing = (): EpochSums => ({ images: 0, loss: 0, scores: {}, seconds: 0, waitSeconds: 0 })

/** Running sums over the steps of an epoch; plain numbers, so that a checkpoint can hold them. */
export class EpochTally {
  /** `unnamed`: sum of the only measure of version 0.1, which stored it without a name. */
  constructor(
    private sums: EpochSums = nothing(),
    private unnamed = 0,
  ) {}

  get state(): Readonly<EpochSums> {
    return this.sums
  }

  add({ size, loss, scores, seconds, waitSeconds }: StepMeans): void {
    this.sums.images += size
    this.sums.loss += loss * size
    this.sums.seconds += seconds
    this.sums.waitSeconds += waitSeconds
    for (const [name, score] of Object.entries(scores)) {
      this.sums.scores[name] = (this.sums.scores[name] ?? 0) + sumOf(score, size) + this.unnamed
      this.unnamed = 0
    }
  }

  /** Returns the means of the epoch and resets the sums. */
  take(): EpochMeans {
    const { images, loss, scores, seconds, waitSeconds } = this.sums
    this.sums = nothing()
    const means = Object.entries(scores).map(([name, sum]) => [fieldOf('train', { name }), sum / images])
    return { trainLoss: loss / images, ...Object.fromEntries(means), seconds, waitSeconds }
  }
}

/** Sum of `size` values with this mean; an exact integer if the mean is a fraction of the samples. */
function sumOf(mean: number, size: number): number {
  const count = Math.round(mean * size)
  return count / size === mean ? count : mean * size
}
