import { DataError } from '../../errors.ts'
import type { Dataset, Example } from '../example.ts'
import { type Truth, truthWords } from '../truth.ts'
import { hasClasses } from './class.ts'
import { classesAside, labelsAside } from './stratify.ts'

/** The classes of an example: indices, ascending. */
export type Labels = readonly number[]

/** A set of classes per example; a dataset of one class each is converted to sets of one. */
export const labelsTruth: Truth<Labels> = {
  name: 'labels',
  of(dataset) {
    if (hasLabels(dataset)) return dataset
    if (!hasClasses(dataset))
      throw new DataError(
        `dataset: ${dataset.name} has ${truthWords[dataset.truth ?? 'class']} for its images, expected labels.`,
      )
    const test = dataset.test.map(asSet)
    const validation = dataset.validation === dataset.test ? test : dataset.validation.map(asSet)
    return { ...dataset, truth: 'labels', train: dataset.train.map(asSet), validation, test }
  },
  compare(a, b) {
    const at = a.findIndex((label, i) => label !== b[i])
    return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1)
  },
  stored: false,
  look: async ({ truth }) => ({ labels: truth }),
  aside: (sets, settings) =>
    sets.every(({ length }) => length === 1)
      ? classesAside(sets.flat(), settings)
      : labelsAside(sets, settings),
}

/** True if every example has a set of classes. */
function hasLabels(dataset: Dataset): dataset is Dataset<Labels> {
  return dataset.truth === 'labels'
}

const asSet = ({ source, truth }: Example<number>): Example<Labels> => ({ source, truth: [truth] })

/** Converts label sets to rows [B, K]: 1 at each label, otherwise 0; smoothing moves both towards 1/2. */
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

/**
 * Converts a dataset of label sets to one of classes if no example has several labels.
 * @param severalAt `FILE:LINE` of the first example with several labels
 */
export function withFittingTruth(sets: Dataset<Labels>, severalAt: string | undefined): Dataset {
  if (severalAt !== undefined) return { ...sets, truth: 'labels', severalAt }
  const classOf = ({ source, truth }: Example<Labels>): Example<number> => ({ source, truth: truth[0] ?? 0 })
  const test = sets.test.map(classOf)
  const validation = sets.validation === sets.test ? test : sets.validation.map(classOf)
  return { ...sets, train: sets.train.map(classOf), validation, test }
}
