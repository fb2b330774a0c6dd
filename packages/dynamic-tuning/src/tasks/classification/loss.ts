import { input, type Tensor } from '@dynamic-tuning/engine'
import type { TaskLoss } from '../../training/loss.ts'
import { crossEntropy, distillation } from '../../training/losses.ts'
import { softTargets } from '../../training/targets.ts'

/** Cross-entropy with soft labels, and KL to the complete model. */
export const labelLoss: TaskLoss = {
  title: 'cross-entropy',
  inputs: (classes) => ({ targets: input('targets', ['B', classes]) }),
  targets({ labels }, { classes, labelSmoothing }) {
    const data = softTargets(labels, classes, labelSmoothing)
    return { targets: { dtype: 'float32', shape: [labels.length, classes], data } }
  },
  of: (outputs, { targets }) => crossEntropy(tensor(outputs.logits), tensor(targets)),
  distil: (teacher, student) => distillation(tensor(teacher.logits), tensor(student.logits)),
}

function tensor(found: Tensor | undefined): Tensor {
  if (found) return found
  throw new Error('classification: the graph has no logits [B, K]. Use a head that gives them.')
}
