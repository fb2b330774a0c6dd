import type { Dataset } from '../data/example.ts'
import type { Truth } from '../data/truth.ts'
import type { Answers } from '../evaluation/answer.ts'
import type { Measure, Measured } from '../evaluation/measure.ts'
import type { Pictures } from '../evaluation/picture.ts'
import type { Tally } from '../evaluation/tally.ts'
import type { TaskContext } from '../evaluation/task-context.ts'
import type { Outputs } from '../network/outputs.ts'
import type { Settings } from '../setting.ts'
import type { TaskLoss } from '../training/loss.ts'

/**
 * What a model is tuned for, on samples with truths of type T. A task is a folder in `tasks/` and a line in the registry; the
 * folder holds one file for each part:
 * - `measures`: what it is judged by, for all samples and for a class; the first of each is the one that ranks;
 * - `tally`: adds up outputs and truths batch by batch, and scores one batch for the progress of training;
 * - `loss`: what training makes small, and the distance to a teacher where the task has distillation;
 * - `answer`: what a model says of a sample, as JSON and in words (`predict`);
 * - `picture`: the same beside the truth, as fields and a caption (`explain`, `report.html`);
 * - `truth`, if none in `data/truths` fits, and `settings`, if the task has some of its own: `TaskContext` brings their values.
 */
export interface Task<T = unknown> {
  /** Its name in settings and run folders. */
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  readonly truth: Truth<T>
  /** Refuses data that it cannot be learned from; `place` names them. @throws DataError saying what is missing */
  check?(dataset: Dataset<T>, place: string): void
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
  const usual = average && measures.find((measure) => measure.average === average)
  return usual ?? measures[0]
}
