/** Sums over the steps of an epoch; plain numbers, so that a checkpoint can hold them. */
export class EpochTally {
  state = { images: 0, loss: 0, correct: 0, seconds: 0 }

  add(images: number, loss: number, correct: number, seconds: number): void {
    this.state.images += images
    this.state.loss += loss
    this.state.correct += correct
    this.state.seconds += seconds
  }

  /** Means of the epoch; starts over. `seconds` is the time spent in steps. */
  take(): { trainLoss: number; trainAccuracy: number; seconds: number } {
    const { images, loss, correct, seconds } = this.state
    this.state = { images: 0, loss: 0, correct: 0, seconds: 0 }
    return { trainLoss: loss / images, trainAccuracy: correct / images, seconds }
  }
}
