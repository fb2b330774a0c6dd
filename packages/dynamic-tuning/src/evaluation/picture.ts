import type { Pixels } from '../data/sources/pixels.ts'
import type { Answer } from './answer.ts'
import type { TaskContext } from './task-context.ts'

/** How a sample and the model's answer are shown. */
export interface Portrait {
  /** Fields for the JSON file of the picture. */
  readonly fields: Readonly<Record<string, string | number | readonly string[] | readonly number[]>>
  /** True if the answer agrees with the truth; false if the truth is unknown. */
  readonly right: boolean
  /** Pictures alternate between groups, such as classes. */
  readonly group: string
  /** A word for the file name of the picture; absent if the truth is unknown. */
  readonly slug?: string
}

/** A way to look at a sample's picture beside the picture itself, such as coloured by class. */
export interface View {
  readonly caption: string
  /** The picture, of any size, in this view. */
  draw(picture: Pixels): Pixels
}

/** A portrait in words. */
export interface PortraitWords {
  /** The model's answer. */
  readonly said: string
  /** How the answer compares with the truth, if it is known. */
  readonly verdict?: string
}

/** How samples are shown in reports and by `explain`. */
export interface Pictures<T = unknown, A extends Answer = Answer> {
  portrait(answer: A, truth: T | undefined, context: TaskContext): Portrait
  /** Views to show beside the picture. Default: none. */
  views?(answer: A, truth: T | undefined, context: TaskContext): readonly View[]
  /** A portrait in words, from an object that has the portrait's fields. */
  words(fields: object): PortraitWords
}

/** The caption of a picture. */
export function captionOf({ said, verdict }: PortraitWords): string {
  return verdict === undefined ? said : `${said}: ${verdict}`
}
