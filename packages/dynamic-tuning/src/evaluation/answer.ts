import type { Outputs } from '../network/outputs.ts'
import type { TaskContext } from './task-context.ts'

/** A class that a model found in a sample. */
export interface Finding {
  readonly class: string
  readonly probability: number
}

/** What a model says of one sample, as JSON. */
export interface Answer {
  /** The most probable first. */
  readonly predictions: readonly Finding[]
}

/** How outputs become answers. */
export interface Answers {
  /** The answer for one row of the outputs, with at most `top` findings; default: as many as suit the task. */
  of(outputs: Outputs, row: number, context: TaskContext, top?: number): Answer
  /** An answer in words, part by part, the most important first. */
  text(answer: Answer): readonly string[]
  /** What it comes to, however sure the model is: answers of which this is equal say the same. */
  gist(answer: Answer): string
}
