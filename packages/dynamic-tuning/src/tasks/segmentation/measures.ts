import type { Measure } from '../../evaluation/measure.ts'

/** Mean over the classes that occur of intersection over union, with areas summed over all pictures. */
export const meanIou: Measure = {
  name: 'meanIou',
  title: 'mIoU',
  unit: 'share',
  better: 'higher',
  average: 'classes',
}

/** Mean over the classes that are labelled of the share of their pixels labelled right. */
export const meanAccuracy: Measure = {
  name: 'meanAccuracy',
  title: 'mAcc',
  unit: 'share',
  better: 'higher',
  average: 'classes',
}

/** Share of all labelled pixels that are right. */
export const pixelAccuracy: Measure = {
  name: 'pixelAccuracy',
  title: 'aAcc',
  unit: 'share',
  better: 'higher',
}

/** Intersection over union of a class. */
export const iou: Measure = { name: 'iou', title: 'IoU', unit: 'share', better: 'higher' }

/** Share of a class's pixels that are labelled so. */
export const classAccuracy: Measure = {
  name: 'accuracy',
  title: 'accuracy',
  unit: 'share',
  better: 'higher',
}
