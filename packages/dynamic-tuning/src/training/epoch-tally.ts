/** Of some steps. */
export interface EpochSums {
  images: number
  /** Times images. */
  loss: number
  correct: number
  seconds: number
  /** Absent in checkpoints of former versions. */
  waitSeconds?: number
}

/** Sums over the steps of an epoch; plain numbers, so that a checkpoint can hold them. */
export class EpochTally {
  state: EpochSums = { images: 0, loss: 0, correct: 0, seconds: 0, waitSeconds: 0 }

  add({ images, loss, correct, seconds, waitSeconds = 0 }: EpochSums): void {
    this.state.images += images
    this.state.loss += loss
    this.state.correct += correct
    this.state.seconds += seconds
    this.state.waitSeconds = (this.state.waitSeconds ?? 0) + waitSeconds
  }

  /** Means of the epoch; starts over. `seconds` is the time spent in steps, `waitSeconds` that of waiting for images. */
  take(): { trainLoss: number; trainAccuracy: number; seconds: number; waitSeconds: number } {
    const { images, loss, correct, seconds, waitSeconds = 0 } = this.state
    this.state = { images: 0, loss: 0, correct: 0, seconds: 0, waitSeconds: 0 }
    return { trainLoss: loss / images, trainAccuracy: correct / images, seconds, waitSeconds }
  }
}
