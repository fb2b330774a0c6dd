import type { Tensor } from '@dynamic-tuning/engine'
import type { Dataset } from '../data/example.ts'
import type { Truth } from '../data/truth.ts'
import type { Answers } from '../evaluation/answer.ts'
import type { Measure, Measured } from '../evaluation/measure.ts'
import type { Pictures } from '../evaluation/picture.ts'
import type { Tally } from '../evaluation/tally.ts'
import type { TaskContext } from '../evaluation/task-context.ts'
import type { Named } from '../models/head.ts'
import type { SegmentationChoice } from '../models/named-model.ts'
import type { Outputs } from '../network/outputs.ts'
import type { Settings } from '../setting.ts'
import type { TaskLoss } from '../training/loss.ts'

/**
 * What a model is tuned for, on samples with truths of type T; examples of a dataset have them as `Stored`
 * (masks are read with the picture). A task is a folder in `tasks/` and a line in the registry; the folder
 * has one file per part:
 * - `measures`: what models are judged by, over all samples and per class; the first of each ranks;
 * - `tally`: adds up outputs and truths batch by batch, and scores a batch for the training progress;
 * - `loss`: what training minimises, and the distance to a teacher if the task supports distillation;
 * - `answer`: the model's output for a sample, as JSON and in words (`predict`);
 * - `picture`: the same beside the truth, as fields and a caption (`explain`, `report.html`);
 * - `truth`, if none in `data/truths` fits, and `settings` of its own, whose values are in `TaskContext`.
 */
export interface Task<T = unknown, Stored = T> {
  /** Its name in settings and run folders. */
  readonly name: string
  /** One sentence for lists and help. */
  readonly summary: string
  readonly truth: Truth<Stored>
  /** Refuses unsuitable data; `place` names them in messages. @throws DataError saying what is missing */
  check?(dataset: Dataset<Stored>, place: string): void
  /** Settings that not all tasks have; they are also in the registry's `taskSettings`. */
  readonly settings?: Settings
  /** Names of settings of every run that do not fit this task. */
  readonly unused?: readonly string[]
  /** The head of its models, by the settings of a run. Default: they classify. */
  model?(settings: object): SegmentationChoice
  /** The measures of a model. The first is the primary one: tables, plots, calibration and sweeps use it. */
  readonly measures: readonly [Measure, ...Measure[]]
  /** The measures of a single class; the first ranks classes. */
  readonly classMeasures: readonly [Measure, ...Measure[]]
  readonly loss: TaskLoss<T>
  /** An empty tally. */
  tally(context: TaskContext): Tally<T>
  /** The primary measure of one batch, quick enough for every training step. */
  score(outputs: Outputs, truths: readonly T[]): Measured
  readonly answer: Answers
  /**
   * The classes that outputs [B, ...] stand for, int64, as a graph for exported files: of each sample [B], or
   * of each pixel [B, H, W] of the input. Absent where a sample has several.
   */
  labels?(outputs: Named, imageSize: readonly [number, number]): Tensor
  readonly picture: Pictures<T>
}

/** The measure that papers report on a dataset: the mean over classes if they do so, else the primary one. */
export function usualMeasure({ measures }: Pick<Task, 'measures'>, average?: 'classes'): Measure {
  const usual = average && measures.find((measure) => measure.average === average)
  return usual ?? measures[0]
}

/**
 * The task as papers judge it on a dataset: the measure of this name is the primary one. Without a name, or
 * with one that the task does not have, it stays as it is.
 */
export function judgedBy(task: Task, name: string | undefined): Task {
  const usual = task.measures.find((measure) => measure.name === name)
  if (usual === undefined || usual === task.measures[0]) return task
  return { ...task, measures: [usual, ...task.measures.filter((measure) => measure !== usual)] }
}
