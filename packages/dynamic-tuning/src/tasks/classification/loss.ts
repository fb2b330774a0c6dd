import {
  exp,
  input,
  logSoftmax,
  mul,
  neg,
  reduceMean,
  reduceSum,
  stopGradient,
  sub,
  type Tensor,
} from '@dynamic-tuning/engine'
import { softTargets } from '../../data/truths/class.ts'
import type { TargetSettings, Targets, TaskLoss } from '../../training/loss.ts'
import { tensorIn } from '../logits.ts'

/** Cross-entropy with soft labels, and KL to the complete model. */
export const classificationLoss: TaskLoss<number> = {
  name: 'ce',
  title: 'cross-entropy',
  outputs: ['logits'],
  inputs: (classes) => ({ targets: input('targets', ['B', classes]) }),
  targets: classTargets,
  of: (outputs, targets) => crossEntropy(tensorIn(outputs, 'logits'), tensorIn(targets, 'targets')),
  distillation: {
    name: 'kl',
    of: (teacher, student) => divergence(tensorIn(teacher, 'logits'), tensorIn(student, 'logits')),
  },
}

/** Class indices as the loss takes them: rows of probabilities [B, K]. */
export function classTargets(
  labels: ArrayLike<number | bigint>,
  { classes, labelSmoothing }: TargetSettings,
): Targets {
  const data = softTargets(labels, classes, labelSmoothing)
  return { targets: { dtype: 'float32', shape: [labels.length, classes], data } }
}

/**
 * Mean over images of -sum(target ln p). logits: [B, K]; targets: [B, K], rows sum to 1 (one-hot,
 * smoothed or mixed).
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return neg(reduceMean(reduceSum(mul(targets, logSoftmax(logits)), { axes: [1] })))
}

/**
 * KL(teacher || student), summed over classes and averaged over images, without temperature; the teacher gets
 * no gradient. teacher, student: logits [B, K].
 */
export function divergence(teacher: Tensor, student: Tensor): Tensor {
  const target = logSoftmax(stopGradient(teacher))
  const difference = sub(target, logSoftmax(student))
  return reduceMean(reduceSum(mul(exp(target), difference), { axes: [1] }))
}
