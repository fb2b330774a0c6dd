import type { Score, Tally } from '../../evaluation/tally.ts'
import type { Outputs } from '../../network/outputs.ts'
import { logitsOf } from '../logits.ts'
import { argMaxAt, crossEntropyAt } from './logits.ts'

/** What a tally of classification counts beside the scores. */
export interface ClassificationScore extends Score {
  /** Samples of each true class (rows) by predicted class (columns). */
  readonly confusion: readonly (readonly number[])[]
}

/** Counts predicted classes by true class, and adds up the cross-entropy. */
export class ClassTally implements Tally<number> {
  private samples = 0
  private loss = 0
  private readonly confusion: number[][]

  constructor(private readonly classes: readonly string[]) {
    this.confusion = classes.map(() => new Array<number>(classes.length).fill(0))
  }

  add(outputs: Outputs, labels: readonly number[]): void {
    const { values, classes } = logitsOf(outputs)
    for (const [i, label] of labels.entries()) {
      const predicted = argMaxAt(values, i * classes, classes)
      const row = this.confusion[label] ?? []
      row[predicted] = (row[predicted] ?? 0) + 1
      this.loss += crossEntropyAt(values, i * classes, classes, label)
    }
    this.samples += labels.length
  }

  result(): ClassificationScore {
    const correct = this.confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0)
    const perClass = this.classes.flatMap((name, label) => {
      const row = this.confusion[label] ?? []
      const images = row.reduce((sum, count) => sum + count, 0)
      if (images === 0) return []
      return [{ class: name, images, measures: { accuracy: (row[label] ?? 0) / images } }]
    })
    return {
      measures: {
        accuracy: correct / this.samples,
        meanPerClassAccuracy:
          perClass.reduce((sum, { measures }) => sum + measures.accuracy, 0) / perClass.length,
      },
      loss: this.loss / this.samples,
      perClass,
      confusion: this.confusion,
    }
  }
}

/** The share of a batch whose largest logit is at the label. */
export function batchAccuracy(outputs: Outputs, labels: readonly number[]): { readonly accuracy: number } {
  const { values, classes } = logitsOf(outputs)
  const correct = labels.filter((label, i) => argMaxAt(values, i * classes, classes) === label)
  return { accuracy: correct.length / labels.length }
}
