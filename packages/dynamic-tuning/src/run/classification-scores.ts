import type { Batch } from '../data/loader/batch.ts'
import { argMaxAt, type Evaluation } from '../evaluation/evaluate.ts'
import type { StepResult } from '../training/learner.ts'
import type { MetricFields } from '../training/metrics.ts'

/** Share of the samples of a step whose largest logit is at the label. */
export function scoreStep(
  { logits }: StepResult,
  { truths: labels }: Batch<number>,
): Readonly<Record<string, number>> {
  if (logits === undefined) return {}
  const classes = logits.length / labels.length
  let correct = 0
  for (const [i, label] of labels.entries()) if (argMaxAt(logits, i * classes, classes) === label) correct++
  return { accuracy: correct / labels.length }
}

/** What an epoch's line says of its validation. */
export function validationFields({
  accuracy,
  loss,
  activeRate,
  activeRatePerLayer,
}: Evaluation): MetricFields {
  return {
    validationAccuracy: accuracy,
    validationLoss: loss,
    ...(activeRate !== undefined && { activeRate }),
    ...(activeRatePerLayer !== undefined && { activeRatePerLayer }),
  }
}
