import { type Labels, labelsTruth } from '../../data/truths/labels.ts'
import type { Task } from '../task.ts'
import { multilabelAnswers } from './answer.ts'
import { multilabelLoss } from './loss.ts'
import { averagePrecision, f1, macroF1, meanAveragePrecision, microF1 } from './measures.ts'
import { multilabelPictures } from './picture.ts'
import { labelThreshold, multilabelSettings } from './settings.ts'
import { batchPrecision, MultilabelTally } from './tally.ts'

/** Any of K classes for every sample, each by itself. */
export const multilabel: Task<Labels> = {
  name: 'multilabel',
  summary: 'tells which of several classes an image shows, any number of them',
  truth: labelsTruth,
  settings: multilabelSettings,
  measures: [meanAveragePrecision, macroF1, microF1],
  classMeasures: [averagePrecision, f1],
  loss: multilabelLoss,
  tally: (context) => new MultilabelTally(context.classes, labelThreshold(context)),
  score: batchPrecision,
  answer: multilabelAnswers,
  picture: multilabelPictures,
}
