import type { Measure } from '../../evaluation/measure.ts'

/** Share of samples whose largest logit is at the label. */
export const accuracy: Measure = {
  name: 'accuracy',
  title: 'accuracy',
  unit: 'share',
  better: 'higher',
  over: 'share of',
  interval: 'binomial',
}

/** Mean over the classes that have samples of the share classified right in each. */
export const meanPerClassAccuracy: Measure = {
  name: 'meanPerClassAccuracy',
  title: 'mean per class',
  unit: 'share',
  better: 'higher',
  average: 'classes',
}
