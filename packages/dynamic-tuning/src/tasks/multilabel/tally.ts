import type { Labels } from '../../data/truths/labels.ts'
import type { ClassScore, Score, Tally } from '../../evaluation/tally.ts'
import type { Outputs } from '../../network/outputs.ts'
import { logitsOf } from '../logits.ts'
import { averagePrecisionOf } from './average-precision.ts'
import { type Counts, f1Of, sumOf } from './counts.ts'
import { sigmoid, softplusAt } from './probability.ts'

/** A class over all samples. */
interface ClassTally {
  /** Logits, one per sample. */
  readonly scores: readonly number[]
  /** Samples that have the class. */
  readonly positives: ReadonlySet<number>
  /** Its binary cross-entropy, summed over samples. */
  readonly loss: number
}

/** Keeps all logits, as average precision ranks all samples at once, and adds up the binary cross-entropy. */
export class MultilabelTally implements Tally<Labels> {
  private readonly ofClasses: { scores: number[]; positives: Set<number>; loss: number }[]
  private samples = 0

  /** `threshold`: least probability of a label that is named. */
  constructor(
    private readonly classes: readonly string[],
    private readonly threshold: number,
  ) {
    this.ofClasses = classes.map(() => ({ scores: [], positives: new Set(), loss: 0 }))
  }

  add(outputs: Outputs, truths: readonly Labels[]): void {
    const { values, classes } = logitsOf(outputs)
    for (const [row, labels] of truths.entries()) {
      for (const [label, tally] of this.ofClasses.entries()) {
        const logit = values[row * classes + label] ?? Number.NaN
        const has = labels.includes(label)
        tally.scores.push(logit)
        tally.loss += softplusAt(logit) - (has ? logit : 0)
        if (has) tally.positives.add(this.samples)
      }
      this.samples++
    }
  }

  result(): Score {
    const counts = this.ofClasses.map((tally) => countsOf(tally, this.threshold))
    const perClass = this.classes.flatMap((name, label): (ClassScore & { measures: ClassMeasures })[] => {
      const { [label]: tally } = this.ofClasses
      const { [label]: count } = counts
      if (tally === undefined || count === undefined || tally.positives.size === 0) return []
      const measures = { averagePrecision: averagePrecisionIn(tally), f1: f1Of(count) }
      return [{ class: name, images: tally.positives.size, measures }]
    })
    const mean = (name: keyof ClassMeasures): number =>
      perClass.reduce((sum, { measures }) => sum + measures[name], 0) / perClass.length
    return {
      measures: {
        meanAveragePrecision: mean('averagePrecision'),
        macroF1: mean('f1'),
        microF1: f1Of(sumOf(counts)),
      },
      loss: this.ofClasses.reduce((sum, { loss }) => sum + loss, 0) / (this.samples * this.classes.length),
      perClass,
    }
  }
}

type ClassMeasures = Readonly<Record<'averagePrecision' | 'f1', number>>

function countsOf({ scores, positives }: ClassTally, threshold: number): Counts {
  const named = scores.flatMap((logit, sample) => (sigmoid(logit) >= threshold ? [sample] : []))
  const found = named.filter((sample) => positives.has(sample)).length
  return { found, wrong: named.length - found, missed: positives.size - found }
}

const averagePrecisionIn = ({ scores, positives }: ClassTally): number =>
  averagePrecisionOf(scores, (sample) => positives.has(sample))

/** The mean average precision inside one batch: of few images it is higher than that of many. */
export function batchPrecision(
  outputs: Outputs,
  truths: readonly Labels[],
): { readonly meanAveragePrecision: number } {
  const { values, classes } = logitsOf(outputs)
  const precisions = Array.from({ length: classes }, (_, label) =>
    averagePrecisionOf(
      truths.map((_labels, row) => values[row * classes + label] ?? Number.NaN),
      (row) => truths[row]?.includes(label) ?? false,
    ),
  ).filter((precision) => !Number.isNaN(precision))
  const sum = precisions.reduce((a, b) => a + b, 0)
  return { meanAveragePrecision: sum / precisions.length }
}
