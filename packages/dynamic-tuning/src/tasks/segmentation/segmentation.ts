import { argMax, resize } from '@dynamic-tuning/engine'
import type { LabelMap } from '../../data/label-map.ts'
import type { MaskSource } from '../../data/masks/mask-source.ts'
import { mapTruth } from '../../data/truths/map.ts'
import { tensorIn } from '../logits.ts'
import type { Task } from '../task.ts'
import { pixelAnswers } from './answer.ts'
import { segmentationLoss } from './loss.ts'
import { classAccuracy, iou, meanAccuracy, meanIou, pixelAccuracy } from './measures.ts'
import { pixelPictures } from './picture.ts'
import { chosenHead, segmentationSettings } from './settings.ts'
import { batchIou, SegmentationTally } from './tally.ts'

/** One of K classes for every pixel of a picture. */
export const segmentation: Task<LabelMap, MaskSource> = {
  name: 'segmentation',
  summary: 'colours every pixel of a picture by its class',
  truth: mapTruth,
  settings: segmentationSettings,
  unused: ['labelSmoothing'],
  model: chosenHead,
  measures: [meanIou, meanAccuracy, pixelAccuracy],
  classMeasures: [iou, classAccuracy],
  loss: segmentationLoss,
  tally: (context) => new SegmentationTally(context.classes),
  score: batchIou,
  answer: pixelAnswers,
  picture: pixelPictures,
  labels: (outputs, imageSize) => argMax(resize(tensorIn(outputs, 'logits'), imageSize), 1),
}
