import { ignoredLabel } from '../label-map.ts'

/** Marks values of a mask that stand for no class, which are errors where a pixel has one. */
export const unknownLabel = 65534

/** Where the label map of a picture is, and how its values become class numbers. Can be sent to a worker. */
export interface MaskSource {
  readonly image:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'drawn'; readonly task: string; readonly seed: number; readonly index: number }
  /**
   * Class of each value of the file, whose index is the value: `ignoredLabel` where it is ignored,
   * `unknownLabel` where no class has it. Larger values belong to no class either.
   */
  readonly classes: Uint16Array<ArrayBuffer>
  /** K, number of classes, for messages. */
  readonly count: number
}

/** True for a mask among stored truths of any kind. */
export function isMaskSource(truth: unknown): truth is MaskSource {
  return (
    typeof truth === 'object' && truth !== null && 'classes' in truth && truth.classes instanceof Uint16Array
  )
}

/** Name of a mask in messages. */
export function maskName({ image }: MaskSource): string {
  return image.kind === 'file' ? image.path : `builtin:${image.task}, mask ${image.index}`
}

/** Values of 8-bit masks. */
const bytes = 256

/**
 * A table for `MaskSource.classes`: value k is class k, 255 is ignored, and so is every value of `ignore`.
 * A value that is ignored is none of the K classes, also where it is smaller than K.
 */
export function plainClasses(count: number, ignore: readonly number[] = []): Uint16Array<ArrayBuffer> {
  const table = new Uint16Array(Math.max(bytes, count, ...ignore.map((value) => value + 1))).fill(
    unknownLabel,
  )
  for (let value = 0; value < count; value++) table[value] = value
  if (count < bytes) table[bytes - 1] = ignoredLabel
  for (const value of ignore) table[value] = ignoredLabel
  return table
}

/** The values of a table for people: `0 to 10, or 11 and 255 for ignored pixels`. */
export function expectedValues({ classes }: Pick<MaskSource, 'classes'>): string {
  const values = (wanted: (label: number) => boolean): string => {
    const found = [...classes.keys()].filter((value) => wanted(classes[value] ?? unknownLabel))
    return ranges(found)
      .join(', ')
      .replace(/, ([^,]*)$/, ' and $1')
  }
  const labelled = values((label) => label !== ignoredLabel && label !== unknownLabel)
  const ignored = values((label) => label === ignoredLabel)
  return ignored === '' ? labelled : `${labelled}, or ${ignored} for ignored pixels`
}

/** Runs of consecutive numbers: `3` or `3 to 7`. */
function ranges(values: readonly number[]): string[] {
  const runs: [first: number, last: number][] = []
  for (const value of values) {
    const run = runs.at(-1)
    if (run && run[1] === value - 1) run[1] = value
    else runs.push([value, value])
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`))
}
