import type { TensorData } from '@dynamic-tuning/engine'
import type { Loader } from '../data/loader/loader.ts'
import { depthOf } from '../models/families.ts'
import type { Classifier } from './classifier.ts'
import { ActivityTally, type GateActivity, meanRate, ratePerLayer } from './gate-activity.ts'

/** How well a classifier did on labelled images, and how many tokens it kept. */
export interface Evaluation {
  readonly images: number
  /** Share of images whose largest logit is at the label. */
  readonly accuracy: number
  /** Mean over the classes that have images of the share classified right in each. */
  readonly meanPerClassAccuracy: number
  /** Mean cross-entropy. */
  readonly loss: number
  /** Share of active patch tokens, over images and gates; undefined without dispatch. */
  readonly activeRate: number | undefined
  /** Mean over a layer's gates, 1 in layers without any. */
  readonly activeRatePerLayer: readonly number[] | undefined
  /** Each gate by itself; empty without dispatch. */
  readonly gates: readonly GateActivity[]
  /** Images of each true class (rows) by predicted class (columns). */
  readonly confusion: readonly (readonly number[])[]
  /** Seconds inside the model, without loading. */
  readonly seconds: number
}

/** Classifies all images or clips of a loader, the logits of a clip's views averaged. `weights` are the trained ones where the classifier takes them as inputs. */
export async function evaluate(
  classifier: Classifier,
  loader: Pick<Loader<number>, 'epoch'>,
  weights?: ReadonlyMap<string, TensorData>,
  thresholds?: number | readonly number[],
): Promise<Evaluation> {
  const tally = new Tally(classifier)
  for await (const batch of loader.epoch(0)) {
    const start = performance.now()
    const { views = 1 } = batch
    const options = { first: tally.images * views, ...(thresholds !== undefined && { thresholds }) }
    const { logits: all, masks, shares } = await classifier.classify(batch.images, weights, options)
    const logits = meanOfViews(all, batch.size, views)
    tally.seconds += (performance.now() - start) / 1000
    tally.add(logits, batch.truths, masks && { masks, shares })
  }
  return tally.result()
}

/** Logits [B * V, K] of the views of B videos, averaged to [B, K]. */
export function meanOfViews(logits: Float32Array, videos: number, views: number): Float32Array {
  if (views === 1) return logits
  const classes = logits.length / (videos * views)
  return Float32Array.from({ length: videos * classes }, (_, i) => {
    const first = Math.floor(i / classes) * views * classes + (i % classes)
    let sum = 0
    for (let view = 0; view < views; view++) sum += logits[first + view * classes] as number
    return sum / views
  })
}

/** Mean over the rows with images of the share on the diagonal; `confusion`: images by true (rows) and predicted class. */
export function meanPerClass(confusion: readonly (readonly number[])[]): number {
  const shares = confusion.flatMap((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0)
    return images === 0 ? [] : [(row[label] as number) / images]
  })
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** Index of the largest of `count` values from `start`. */
export function argMaxAt(values: Float32Array, start: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++)
    if ((values[start + i] as number) > (values[start + best] as number)) best = i
  return best
}

/** -ln softmax(logits)[label] of the row of `count` logits from `start`. */
export function crossEntropyAt(logits: Float32Array, start: number, count: number, label: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) largest = Math.max(largest, logits[start + i] as number)
  let sum = 0
  for (let i = 0; i < count; i++) sum += Math.exp((logits[start + i] as number) - largest)
  return Math.log(sum) + largest - (logits[start + label] as number)
}

interface Active {
  readonly masks: Float32Array
  readonly shares: Float32Array | undefined
}

class Tally {
  seconds = 0
  images = 0
  private loss = 0
  private readonly classes: number
  private readonly depth: number
  private readonly activity: ActivityTally
  private dispatched = false
  private readonly confusion: number[][]

  constructor({ settings: { config }, gates }: Classifier) {
    this.classes = config.numClasses
    this.depth = depthOf(config)
    this.activity = new ActivityTally(gates.sites, gates.perGate)
    this.confusion = Array.from({ length: this.classes }, () => new Array<number>(this.classes).fill(0))
  }

  add(logits: Float32Array, labels: readonly number[], active: Active | undefined): void {
    for (const [i, label] of labels.entries()) {
      const row = this.confusion[label] as number[]
      const predicted = argMaxAt(logits, i * this.classes, this.classes)
      row[predicted] = (row[predicted] as number) + 1
      this.loss += crossEntropyAt(logits, i * this.classes, this.classes, label)
    }
    this.images += labels.length
    if (!active) return
    this.dispatched = true
    this.activity.add(active.masks, active.shares)
  }

  result(): Evaluation {
    const gates = this.dispatched ? this.activity.result() : []
    const correct = this.confusion.reduce((sum, row, label) => sum + (row[label] as number), 0)
    return {
      images: this.images,
      accuracy: correct / this.images,
      meanPerClassAccuracy: meanPerClass(this.confusion),
      loss: this.loss / this.images,
      activeRate: this.dispatched ? meanRate(gates) : undefined,
      activeRatePerLayer: this.dispatched ? ratePerLayer(gates, this.depth) : undefined,
      gates,
      confusion: this.confusion,
      seconds: this.seconds,
    }
  }
}
