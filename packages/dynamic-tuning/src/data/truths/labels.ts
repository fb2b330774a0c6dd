import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import type { Truth } from '../truth.ts'
import { hasClasses } from './class.ts'

/** The classes an example has, by their indices, ascending. */
export type Labels = readonly number[]

/** A set of classes per example; a dataset of one class each has sets of one. */
export const labelsTruth: Truth<Labels> = {
  name: 'labels',
  of(dataset) {
    if (hasLabels(dataset)) return dataset
    if (!hasClasses(dataset))
      throw new DataError(`dataset: ${dataset.name} has ${dataset.truth} for its images, expected labels.`)
    const test = dataset.test.map(asSet)
    const validation = dataset.validation === dataset.test ? test : dataset.validation.map(asSet)
    return { ...dataset, truth: 'labels', train: dataset.train.map(asSet), validation, test }
  },
  compare(a, b) {
    const at = a.findIndex((label, i) => label !== b[i])
    return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1)
  },
  groups: rarestLabels,
  pack: (truths, { classes, smoothing }) => multiHot(truths, classes, smoothing),
}

/** True if every example has a set of classes. */
function hasLabels(dataset: Dataset): dataset is Dataset<Labels> {
  return dataset.truth === 'labels'
}

const asSet = ({ source, truth }: Example<number>): Example<Labels> => ({ source, truth: [truth] })

/** For each example its label that fewest examples have, so that a split by groups leaves no rare label out. */
function rarestLabels(truths: readonly Labels[]): readonly number[] {
  const counts = new Map<number, number>()
  for (const label of truths.flat()) counts.set(label, (counts.get(label) ?? 0) + 1)
  const count = (label: number): number => counts.get(label) ?? 0
  return truths.map((labels) => labels.reduce((best, label) => (count(label) < count(best) ? label : best)))
}

/** Label sets as rows [B, K]: 1 at each label, else 0; smoothing draws both towards one half. */
export function multiHot(
  truths: readonly Labels[],
  classes: number,
  smoothing = 0,
): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(truths.length * classes).fill(smoothing / 2)
  truths.forEach((labels, row) => {
    for (const label of labels) targets[row * classes + label] = 1 - smoothing / 2
  })
  return targets
}
