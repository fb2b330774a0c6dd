import type { Measure } from '../../evaluation/measure.ts'

/** Mean of the average precisions of all classes that have images. */
export const meanAveragePrecision: Measure = {
  name: 'meanAveragePrecision',
  title: 'mAP',
  unit: 'share',
  better: 'higher',
  average: 'classes',
}

/** Mean of the F1 of all classes that have images, at the label threshold. */
export const macroF1: Measure = {
  name: 'macroF1',
  title: 'macro F1',
  unit: 'share',
  better: 'higher',
  average: 'classes',
}

/** F1 of all pairs of image and class together, at the label threshold. */
export const microF1: Measure = { name: 'microF1', title: 'micro F1', unit: 'share', better: 'higher' }

/** How well the images of a class come before those without it. */
export const averagePrecision: Measure = {
  name: 'averagePrecision',
  title: 'AP',
  unit: 'share',
  better: 'higher',
}

/** Harmonic mean of precision and recall of a class, at the label threshold. */
export const f1: Measure = { name: 'f1', title: 'F1', unit: 'share', better: 'higher' }
