import type { Evaluation } from '../evaluation/evaluate.ts'
import { valueIn } from '../evaluation/measure.ts'
import type { Task } from '../tasks/task.ts'
import { fieldOf } from '../training/field-of.ts'
import type { MetricFields } from '../training/metrics.ts'
import type { TrainerSettings } from '../training/trainer.ts'

/** Measures for the line of a step; empty if the outputs stay on the device. */
export function stepScore(task: Task): NonNullable<TrainerSettings['score']> {
  return ({ outputs }, { truths }) => (outputs === undefined ? {} : task.score(outputs, truths))
}

/** Fields of a validation in the line of an epoch, with the primary measure and the one named `metric`. */
export function validationFields(
  task: Pick<Task, 'measures'>,
  { measures, loss, activeRate, activeRatePerLayer }: Evaluation,
  metric?: string,
): MetricFields {
  const shown = task.measures.filter(({ name }, i) => i === 0 || name === metric)
  return {
    ...Object.fromEntries(
      shown.map((measure) => [fieldOf('validation', measure), valueIn(measures, measure)]),
    ),
    validationLoss: loss,
    ...(activeRate !== undefined && { activeRate }),
    ...(activeRatePerLayer !== undefined && { activeRatePerLayer }),
  }
}
