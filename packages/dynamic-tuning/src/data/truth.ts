import type { Dataset, Example, TruthName } from './example.ts'
import type { LabelMap } from './label-map.ts'
import type { AsideSettings } from './truths/stratify.ts'

/** What the examples of a dataset have, for messages. */
export const truthWords: { readonly [Name in TruthName]: string } = {
  class: 'one class each',
  labels: 'several labels',
  map: 'masks',
}

/** What the truth of an example says, once it is read. */
export interface Seen {
  /** Its classes, ascending. */
  readonly labels: readonly number[]
  /** The class of every pixel, if there are masks. */
  readonly map?: LabelMap
}

/**
 * A kind of truth about an example, with values of type T that survive `structuredClone`: the index of
 * its class, a set of classes, where its mask is. A dataset kind stores it in the examples, and a task says
 * which kind it needs. A loader passes it on, or, for masks, the label map that follows the picture.
 */
export interface Truth<T> {
  readonly name: TruthName
  /**
   * The dataset with this kind of truth in every example, converted if nothing is lost by it.
   * @throws DataError naming the file and line of the first example without such a truth
   */
  of(dataset: Dataset): Dataset<T>
  /** Order of the examples of a dataset; ties are broken by name. */
  compare(a: T, b: T): number
  /** True if `look` reads a file besides the image. */
  readonly stored: boolean
  /**
   * Reads what an example's truth says; drawn ones are as large as `imageReader` makes their pictures.
   * @throws DataError naming a mask that cannot be read, or does not fit its image
   */
  look(example: Example<T>): Promise<Seen>
  /** Indices of the examples that a split puts aside: a seeded share, of every class if there are any. */
  aside(truths: readonly T[], settings: AsideSettings): ReadonlySet<number>
}
