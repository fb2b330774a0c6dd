import type { Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { LossInputs } from './loss-graph.ts'

/** What a teacher, the complete model, adds to a loss. */
export interface TeacherTerms {
  /** The task's loss of the teacher itself. */
  readonly complete: Tensor
  /** How far the student is from it; undefined for tasks without distillation. */
  readonly distance: Tensor | undefined
  /** Both by their names in metrics. */
  readonly named: Named
}

/** The terms of a teacher; both take the outputs that the task's loss reads. */
export function teacherTerms(
  { taskLoss, targets }: Pick<LossInputs, 'taskLoss' | 'targets'>,
  teacher: Named,
  student: Named,
): TeacherTerms {
  const { name, distillation } = taskLoss
  const complete = taskLoss.of(teacher, targets)
  const distance = distillation?.of(teacher, student)
  const named = {
    [`${name}Complete`]: complete,
    ...(distillation && distance && { [distillation.name]: distance }),
  }
  return { complete, distance, named }
}
