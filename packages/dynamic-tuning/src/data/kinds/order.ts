import { basename } from 'node:path'
import type { Example, ImageSource } from '../example.ts'
import type { Truth } from '../truth.ts'
import { classTruth } from '../truths/class.ts'

/** Sorts examples of one class each with `inOrderOf`. */
export const inOrder = (examples: readonly Example<number>[]): readonly Example<number>[] =>
  inOrderOf(classTruth, examples)

/**
 * Sorts examples by truth, then by the image's file name, then by its path, comparing UTF-16 code units. The
 * order is the same for all kinds of data, so that the same images and truths give the same shuffles, splits
 * and random choices wherever they are stored.
 */
export function inOrderOf<T>(
  { compare: compareTruths }: Pick<Truth<T>, 'compare'>,
  examples: readonly Example<T>[],
): readonly Example<T>[] {
  const names = examples.map(({ source }) => nameOf(source))
  const compare = (a: number, b: number): number => {
    const [first, second] = [examples[a], examples[b]]
    if (first === undefined || second === undefined) return 0
    return (
      compareTruths(first.truth, second.truth) ||
      byCodeUnits(names[a] ?? '', names[b] ?? '') ||
      byCodeUnits(pathOf(first.source), pathOf(second.source)) ||
      a - b
    )
  }
  let sorted = true
  for (let i = 1; i < examples.length && sorted; i++) sorted = compare(i - 1, i) < 0
  if (sorted) return examples
  const places = Uint32Array.from(examples.keys()).sort(compare)
  return Array.from(places).flatMap((place) => examples[place] ?? [])
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Last part of an image's name; numbers of drawn and packed images are padded so that they sort as numbers.
 */
function nameOf(source: ImageSource): string {
  if (source.kind === 'drawn') return String(source.index).padStart(9, '0')
  return basename(pathOf(source))
}

function pathOf(source: ImageSource): string {
  if (source.kind === 'file') return source.path
  return source.kind === 'drawn' ? '' : source.name
}
