import { classTruth } from '../../data/truths/class.ts'
import type { Task } from '../task.ts'
import { labelAnswers } from './answer.ts'
import { labelLoss } from './loss.ts'
import { accuracy, meanPerClassAccuracy } from './measures.ts'
import { labelPictures } from './picture.ts'
import { batchAccuracy, LabelTally } from './tally.ts'

/** One of K classes for every sample. */
export const classification: Task<number> = {
  name: 'classification',
  summary: 'tells which one of several classes an image or a clip shows',
  truth: classTruth,
  measures: [accuracy, meanPerClassAccuracy],
  classMeasures: [accuracy],
  loss: labelLoss,
  tally: ({ classes }) => new LabelTally(classes),
  score: batchAccuracy,
  answer: labelAnswers,
  picture: labelPictures,
}
