import { argMax } from '@dynamic-tuning/engine'
import { classTruth } from '../../data/truths/class.ts'
import { DataError } from '../../errors.ts'
import { tensorIn } from '../logits.ts'
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
  check({ classes }, place) {
    if (classes.length < 2)
      throw new DataError(`finetune: ${place} has one class only. Give at least two to tell apart.`)
  },
  measures: [accuracy, meanPerClassAccuracy],
  classMeasures: [accuracy],
  loss: classificationLoss,
  tally: ({ classes }) => new ClassTally(classes),
  score: batchAccuracy,
  answer: classAnswers,
  picture: classPictures,
  labels: (outputs) => argMax(tensorIn(outputs, 'logits'), 1),
}
