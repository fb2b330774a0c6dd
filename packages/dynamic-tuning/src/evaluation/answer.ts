import type { Outputs } from '../network/outputs.ts'
import type { TaskContext } from './task-context.ts'

/** A class that a model found in a sample. */
export interface Finding {
  readonly class: string
  readonly probability: number
}

/** A model's answer for one sample, as JSON. */
export interface Answer {
  /** Most probable first. */
  readonly predictions: readonly Finding[]
}

/** Turns outputs into answers. */
export interface Answers {
  /**
   * The answer for one row of the outputs, with at most `top` findings. Default: as many as suit the task.
   */
  of(outputs: Outputs, row: number, context: TaskContext, top?: number): Answer
  /** The answer in words, most important part first. */
  text(answer: Answer): readonly string[]
  /** The answer without its probabilities: two answers with the same gist say the same. */
  gist(answer: Answer): string
}
