import { AdamW } from '../optimizers/adamw.ts'
import { describeLearner, scene, sceneStore } from './describe-learner.test.support.ts'
import { stagedLearner } from './staged.ts'

const stage = (microBatch: number) => ({ ...scene, store: sceneStore(), microBatch })

describeLearner('AdamW in two stages', {
  create: () =>
    stagedLearner(
      [
        { until: 5, settings: stage(4) },
        { until: Number.POSITIVE_INFINITY, settings: stage(2) },
      ],
      (weights) => new AdamW(weights),
    ),
  tolerance: 0,
})
