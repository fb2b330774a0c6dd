/** Tasks: the registry, what a task is made of, and its measures. */

export type { Answer, AnswerFile, AnswerOptions, Answers, Finding } from './evaluation/answer.ts'
export { type Measure, type Measured, valueIn } from './evaluation/measure.ts'
export {
  captionOf,
  type Pictures,
  type Portrait,
  type PortraitWords,
  type View,
} from './evaluation/picture.ts'
export type { ClassScore, Score, Tally } from './evaluation/tally.ts'
export type { TaskContext } from './evaluation/task-context.ts'
export { classificationLoss, classTargets } from './tasks/classification/loss.ts'
export {
  type CocoScore,
  CocoTally,
  type DetectedObject,
  type DetectionImage,
  type TrueObject,
} from './tasks/detection/metrics/coco-tally.ts'
export type { PrecisionCurve } from './tasks/detection/metrics/curve.ts'
export { type ClassCurves, cocoFigures } from './tasks/detection/metrics/figures.ts'
export { boxOverlaps, maskOverlaps, type Overlaps } from './tasks/detection/metrics/overlaps.ts'
export { taskNamed, tasks } from './tasks/registry.ts'
export { judgedBy, type Task, usualMeasure } from './tasks/task.ts'
