import { basename } from 'node:path'
import type { Example, ImageSource } from '../example.ts'

/**
 * Examples in the order that every kind of data shares: by label, then by the image's file name, then by its path, each compared
 * by UTF-16 code units. The same images with the same labels come in the same order whatever holds them, so that shuffles, splits and
 * samples, which only see places in this order, are the same too.
 */
export function inOrder(examples: readonly Example[]): readonly Example[] {
  const names = examples.map(({ source }) => nameOf(source))
  const compare = (a: number, b: number): number => {
    const [first, second] = [examples[a] as Example, examples[b] as Example]
    return (
      first.label - second.label ||
      byCodeUnits(names[a] as string, names[b] as string) ||
      byCodeUnits(pathOf(first.source), pathOf(second.source)) ||
      a - b
    )
  }
  let sorted = true
  for (let i = 1; i < examples.length && sorted; i++) sorted = compare(i - 1, i) < 0
  if (sorted) return examples
  return Array.from(Uint32Array.from(examples.keys()).sort(compare), (place) => examples[place] as Example)
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The last part of an image's name; numbers of drawn and packed images are padded so that they sort as numbers. */
function nameOf(source: ImageSource): string {
  if (source.kind === 'drawn') return String(source.index).padStart(9, '0')
  return basename(pathOf(source))
}

function pathOf(source: ImageSource): string {
  if (source.kind === 'file') return source.path
  return source.kind === 'drawn' ? '' : source.name
}
