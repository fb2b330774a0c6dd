import type { Answer } from './answer.ts'

/** How a sample is shown with what a model says of it. */
export interface Portrait {
  /** What is said and what is true, under a picture. */
  readonly caption: string
  /** Fields of the picture's JSON. */
  readonly fields: Readonly<Record<string, string | number>>
  /** True if the answer fits the truth; false where no truth is known. */
  readonly right: boolean
  /** Samples of different groups are shown in turn: their class, for instance. */
  readonly group: string
  /** A word for the name of the picture's file; absent where no truth is known. */
  readonly slug?: string
}

/** How samples with truths of type T are shown in reports and by `explain`. */
export interface Pictures<T = unknown> {
  portrait(answer: Answer, truth: T | undefined, classes: readonly string[]): Portrait
}
