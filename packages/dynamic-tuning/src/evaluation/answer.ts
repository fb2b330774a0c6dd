import type { WindowPlace } from '../data/samples/window/place.ts'
import type { Pixels } from '../data/sources/pixels.ts'
import type { Outputs } from '../network/outputs.ts'
import type { TaskContext } from './task-context.ts'

/** A class that a model found in a sample. */
export interface Finding {
  readonly class: string
  readonly probability: number
}

/** A model's answer for one sample, as JSON. Tasks add fields of their own. */
export interface Answer {
  /** Most probable first; absent for tasks whose answers are no labels of the whole sample. */
  readonly predictions?: readonly Finding[]
}

/** What an answer may depend on beside the outputs. */
export interface AnswerOptions {
  /** Largest number of findings. Default: as many as suit the task. */
  readonly top?: number | undefined
  /** Where the windows of the sample lie, if it is a picture in windows. */
  readonly place?: WindowPlace | undefined
}

/** A file that shows an answer, such as a mask. */
export interface AnswerFile {
  /** Folder and ending of its name: `masks` and `.png` for `masks/cat.png`. */
  readonly folder: string
  readonly ending: string
  readonly bytes: Uint8Array
}

/** Turns outputs into answers of type A, which may hold more than their JSON. */
export interface Answers<A extends Answer = Answer> {
  /** The answer for the sample whose first row of the outputs this is. */
  of(outputs: Outputs, row: number, context: TaskContext, options?: AnswerOptions): A
  /** The answer as JSON. Default: the answer itself. */
  json?(answer: A): Answer
  /** The answer, or its JSON, in words, most important part first. */
  text(answer: Answer): readonly string[]
  /** The answer without its probabilities: two answers with the same gist say the same. */
  gist(answer: A): string
  /** Files that show the answer for a picture at its full size; absent if its words say all. */
  files?(answer: A, picture: Pixels, context: TaskContext): Promise<readonly AnswerFile[]>
}
