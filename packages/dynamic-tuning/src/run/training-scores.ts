import type { Evaluation } from '../evaluation/evaluate.ts'
import { valueIn } from '../evaluation/measure.ts'
import type { Task } from '../tasks/task.ts'
import { fieldOf } from '../training/field-of.ts'
import type { MetricFields } from '../training/metrics.ts'
import type { TrainerSettings } from '../training/trainer.ts'

/** What a step's line says of its batch; nothing if the outputs stay on the device. */
export function stepScore(task: Task): NonNullable<TrainerSettings['score']> {
  return ({ outputs }, { truths }) => (outputs === undefined ? {} : task.score(outputs, truths))
}

/** What an epoch's line says of its validation. */
export function validationFields(
  { measures: [primary] }: Task,
  { measures, loss, activeRate, activeRatePerLayer }: Evaluation,
): MetricFields {
  return {
    [fieldOf('validation', primary)]: valueIn(measures, primary),
    validationLoss: loss,
    ...(activeRate !== undefined && { activeRate }),
    ...(activeRatePerLayer !== undefined && { activeRatePerLayer }),
  }
}
