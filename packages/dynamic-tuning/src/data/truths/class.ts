import { DataError } from '../../errors.ts'
import type { Dataset } from '../example.ts'
import { type Truth, truthWords } from '../truth.ts'
import { classesAside } from './stratify.ts'

/** One class per example, by its index. */
export const classTruth: Truth<number> = {
  name: 'class',
  of(dataset) {
    if (hasClasses(dataset)) return dataset
    if (dataset.truth !== 'labels')
      throw new DataError(
        `dataset: ${dataset.name} has ${truthWords[dataset.truth ?? 'class']} for its images, expected one class each. Choose another task.`,
      )
    const place = dataset.severalAt ?? dataset.name
    throw new DataError(
      `dataset: ${place}: an image has several labels, expected one class each. Keep one label per image, or choose a task of several.`,
    )
  },
  compare: (a, b) => a - b,
  stored: false,
  look: async ({ truth }) => ({ labels: [truth] }),
  aside: classesAside,
}

/** True if every example has one class. */
export function hasClasses(dataset: Dataset): dataset is Dataset<number> {
  return dataset.truth === undefined || dataset.truth === 'class'
}

/**
 * Converts class indices to rows of probabilities [B, K]: 1 - smoothing at the class plus
 * smoothing / K everywhere (arXiv:1512.00567).
 */
export function softTargets(
  labels: ArrayLike<number | bigint>,
  classes: number,
  smoothing = 0,
): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes)
  for (let i = 0; i < labels.length; i++)
    targets[i * classes + Number(labels[i])] = 1 - smoothing + smoothing / classes
  return targets
}
