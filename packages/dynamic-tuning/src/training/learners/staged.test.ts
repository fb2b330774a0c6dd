import { AdamW } from '../optimizers/adamw.ts'
import { describeLearner } from './describe-learner.test.support.ts'
import { stagedLearner } from './staged.ts'

describeLearner('AdamW in two stages', {
  create: (scene) =>
    stagedLearner(
      [
        { until: 5, settings: { ...scene, microBatch: 4 } },
        { until: Number.POSITIVE_INFINITY, settings: { ...scene, microBatch: 2 } },
      ],
      (weights) => new AdamW(weights),
    ),
  tolerance: 0,
  passesAt: (step) => (step < 5 ? [4] : [2, 2]),
})
