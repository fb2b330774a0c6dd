import { fieldOf } from './field-of.ts'

/** Sums over some steps. */
export interface EpochSums {
  /** Samples seen. */
  images: number
  /** Times samples. */
  loss: number
  /** Over samples, by measure. */
  scores: Record<string, number>
  /** Inside steps. */
  seconds: number
  /** Before steps, until their samples were there. */
  waitSeconds: number
}

/** Means over an epoch: `trainLoss`, and `train<Measure>` for each measure. */
export interface EpochMeans {
  readonly trainLoss: number
  /** Inside steps. */
  readonly seconds: number
  /** Before steps, until their samples were there. */
  readonly waitSeconds: number
  readonly [trainMeasure: string]: number
}

/** One step: means over its samples, and its time. */
export interface StepMeans {
  /** Samples. */
  readonly size: number
  readonly loss: number
  /** By measure. */
  readonly scores: Readonly<Record<string, number>>
  readonly seconds: number
  readonly waitSeconds: number
}

const nothing = (): EpochSums => ({ images: 0, loss: 0, scores: {}, seconds: 0, waitSeconds: 0 })

/** Sums over the steps of an epoch; plain numbers, so that a checkpoint can hold them. */
export class EpochTally {
  /** `unnamed`: the sum of the only measure that version 0.1 had, for which it kept no name. */
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

  /** Means of the epoch; starts over. */
  take(): EpochMeans {
    const { images, loss, scores, seconds, waitSeconds } = this.sums
    this.sums = nothing()
    const means = Object.entries(scores).map(([name, sum]) => [fieldOf('train', { name }), sum / images])
    return { trainLoss: loss / images, ...Object.fromEntries(means), seconds, waitSeconds }
  }
}

/** Sum of `size` values with this mean; exactly the count where the mean is a share of the samples. */
function sumOf(mean: number, size: number): number {
  const count = Math.round(mean * size)
  return count / size === mean ? count : mean * size
}
