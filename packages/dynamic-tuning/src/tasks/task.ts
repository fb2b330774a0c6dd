import type { Truth } from '../data/truth.ts'
import type { Answers } from '../evaluation/answer.ts'
import type { Measure, Measured } from '../evaluation/measure.ts'
import type { Pictures } from '../evaluation/picture.ts'
import type { Outputs, Tally } from '../evaluation/tally.ts'
import type { TaskContext } from '../evaluation/task-context.ts'
import type { Settings } from '../setting.ts'
import type { TaskLoss } from '../training/loss.ts'

/** What a model is tuned for, on samples with truths of type T. */
export interface Task<T = unknown> {
  /** Its name in settings and run folders. */
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  readonly truth: Truth<T>
  /** Settings that only this task and some others have; the registry names them as well. */
  readonly settings?: Settings
  /** By what models are judged. The first is the primary one: tables, plots, calibration and sweeps use it. */
  readonly measures: readonly [Measure, ...Measure[]]
  /** By what a single class is judged; the first ranks classes. */
  readonly classMeasures: readonly [Measure, ...Measure[]]
  readonly loss: TaskLoss<T>
  /** An empty tally. */
  tally(context: TaskContext): Tally<T>
  /** The primary measure of one batch, quick enough for every training step. */
  score(outputs: Outputs, truths: readonly T[]): Measured
  readonly answer: Answers
  readonly picture: Pictures<T>
}

/** The measure that publications report on a dataset: the mean over classes where they do, else the primary one. */
export function usualMeasure({ measures }: Pick<Task, 'measures'>, average?: 'classes'): Measure {
  return measures.find((measure) => measure.average === average) ?? measures[0]
}
