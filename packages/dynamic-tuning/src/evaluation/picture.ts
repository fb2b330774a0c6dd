import type { Answer } from './answer.ts'
import type { TaskContext } from './task-context.ts'

/** How a sample is shown with what a model says of it. */
export interface Portrait {
  /** Fields of the picture's JSON. */
  readonly fields: Readonly<Record<string, string | number | readonly string[] | readonly number[]>>
  /** True if the answer fits the truth; false where no truth is known. */
  readonly right: boolean
  /** Samples of different groups are shown in turn: their class, for instance. */
  readonly group: string
  /** A word for the name of the picture's file; absent where no truth is known. */
  readonly slug?: string
}

/** A portrait in words. */
export interface PortraitWords {
  /** What the model says. */
  readonly said: string
  /** How that fits the truth, where it is known. */
  readonly verdict?: string
}

/** How samples are shown in reports and by `explain`. */
export interface Pictures<T = unknown> {
  portrait(answer: Answer, truth: T | undefined, context: TaskContext): Portrait
  /** In words, from an object that has the portrait's fields. */
  words(fields: object): PortraitWords
}

/** The line under a picture. */
export function captionOf({ said, verdict }: PortraitWords): string {
  return verdict === undefined ? said : `${said}: ${verdict}`
}
