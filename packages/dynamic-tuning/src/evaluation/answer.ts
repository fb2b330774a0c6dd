import type { Outputs } from './tally.ts'

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

/** What answers depend on. */
export interface AnswerSettings {
  /** Names of the classes, in the order of the outputs. */
  readonly classes: readonly string[]
  /** The most findings of an answer. */
  readonly top: number
}

/** How outputs become answers. */
export interface Answers {
  /** The answer for one row of the outputs. */
  of(outputs: Outputs, row: number, settings: AnswerSettings): Answer
  /** An answer in words, part by part, the most important first. */
  text(answer: Answer): readonly string[]
}
