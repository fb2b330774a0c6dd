import { classTruth } from '../../data/truths/class.ts'
import type { Task } from '../task.ts'
import { classAnswers } from './answer.ts'
import { classificationLoss } from './loss.ts'
import { accuracy, meanPerClassAccuracy } from './measures.ts'
import { classPictures } from './picture.ts'
import { batchAccuracy, ClassTally } from './tally.ts'

/** One of K classes for every sample. */
export const classification: Task<number> = {
  name: 'classification',
  summary: 'tells which one of several classes an image or a clip shows',
  truth: classTruth,
  measures: [accuracy, meanPerClassAccuracy],
  classMeasures: [accuracy],
  loss: classificationLoss,
  tally: ({ classes }) => new ClassTally(classes),
  score: batchAccuracy,
  answer: classAnswers,
  picture: classPictures,
}
