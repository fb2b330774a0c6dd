import { input, type Tensor } from '@dynamic-tuning/engine'
import { classTruth } from '../../data/truths/class.ts'
import type { TaskLoss } from '../../training/loss.ts'
import { crossEntropy, distillation } from '../../training/losses.ts'

/** Cross-entropy with soft labels, and KL to the complete model. */
export const labelLoss: TaskLoss<number> = {
  title: 'cross-entropy',
  inputs: (classes) => ({ targets: input('targets', ['B', classes]) }),
  targets(truths, { classes, labelSmoothing: smoothing }) {
    const data = classTruth.pack(truths, { classes, smoothing })
    return { targets: { dtype: 'float32', shape: [truths.length, classes], data } }
  },
  of: (outputs, { targets }) => crossEntropy(tensor(outputs.logits), tensor(targets)),
  distil: (teacher, student) => distillation(tensor(teacher.logits), tensor(student.logits)),
}

function tensor(found: Tensor | undefined): Tensor {
  if (found) return found
  throw new Error('classification: the graph has no logits [B, K]. Use a head that gives them.')
}
