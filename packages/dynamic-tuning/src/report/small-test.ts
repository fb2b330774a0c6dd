import type { SampleWord } from '../data/samples/word.ts'
import { type Measure, shownValue, valueInterval } from '../evaluation/measure.ts'

/** With fewer test images or clips than this a figure says little: of 100 images, 90 % is 83 to 94 %. */
const few = 100

/** Figures of a test, for `smallTestNote`. */
export interface TestSize {
  /** Number of test images or clips. */
  readonly images: number
  readonly sample: SampleWord
  readonly measure: Measure
  /** The measure's value. */
  readonly value: number
}

/** A note on a test of fewer than 100 images or clips, with the width of its interval; else undefined. */
export function smallTestNote({ images, sample, measure, value }: TestSize): string | undefined {
  if (images >= few || images === 0) return undefined
  const advice = `Test on more ${sample}s before you compare models.`
  const interval = valueInterval(measure, value, images)
  if (interval === null)
    return `Only ${images} test ${sample}s: other ${sample}s would give another ${measure.title}. ${advice}`
  const width = shownValue(measure, interval[1] - interval[0]).toFixed(0)
  return `Only ${images} test ${sample}s: the 95 % interval of the ${measure.title} is ${width} points wide. ${advice}`
}
