import type { Task } from '../task.ts'

/** One of K classes for every sample. */
export const classification: Task = {
  name: 'classification',
  summary: 'tells which one of several classes an image or a clip shows',
  measures: [
    { name: 'accuracy', title: 'accuracy', unit: 'share', better: 'higher' },
    { name: 'meanPerClassAccuracy', title: 'mean per class', unit: 'share', better: 'higher' },
  ],
}
