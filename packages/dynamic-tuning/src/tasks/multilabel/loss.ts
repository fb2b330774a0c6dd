import { add, input, mul, reduceMean, sigmoid, stopGradient, sub, type Tensor } from '@dynamic-tuning/engine'
import { type Labels, multiHot } from '../../data/truths/labels.ts'
import type { TaskLoss } from '../../training/loss.ts'
import { tensorIn } from '../logits.ts'
import { softplus } from '../softplus.ts'

/**
 * Binary cross-entropy and KL to the complete model, both averaged over images and classes. Label smoothing
 * moves targets towards one half.
 */
export const multilabelLoss: TaskLoss<Labels> = {
  name: 'bce',
  title: 'binary cross-entropy',
  outputs: ['logits'],
  inputs: (classes) => ({ targets: input('targets', ['B', classes]) }),
  targets(truths, { classes, labelSmoothing }) {
    const data = multiHot(truths, classes, labelSmoothing)
    return { targets: { dtype: 'float32', shape: [truths.length, classes], data } }
  },
  of: (outputs, targets) => binaryCrossEntropy(tensorIn(outputs, 'logits'), tensorIn(targets, 'targets')),
  distillation: {
    name: 'kl',
    of: (teacher, student) => binaryDivergence(tensorIn(teacher, 'logits'), tensorIn(student, 'logits')),
  },
}

/**
 * Mean of -(t ln p + (1 - t) ln(1 - p)) = softplus(x) - t x, with p = sigmoid(x). logits x: [B, K]; targets
 * t: [B, K], each from 0 to 1.
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return reduceMean(sub(softplus(logits), mul(targets, logits)))
}

/**
 * Mean of KL(p || q) = p (x - y) - softplus(x) + softplus(y), the divergence of two Bernoulli distributions
 * with p = sigmoid(x) of the teacher and q = sigmoid(y) of the student. teacher x, student y: logits [B, K];
 * the teacher gets no gradient.
 */
export function binaryDivergence(teacher: Tensor, student: Tensor): Tensor {
  const fixed = stopGradient(teacher)
  const difference = mul(sigmoid(fixed), sub(fixed, student))
  return reduceMean(add(difference, sub(softplus(student), softplus(fixed))))
}
