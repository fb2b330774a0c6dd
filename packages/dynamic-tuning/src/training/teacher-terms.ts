import type { Tensor } from '@dynamic-tuning/engine'
import type { Named } from '../models/head.ts'
import type { LossInputs } from './loss-graph.ts'

/** Loss terms of a teacher, the complete model. */
export interface TeacherTerms {
  /** The task's loss of the teacher itself. */
  readonly complete: Tensor
  /** Distance of the student from the teacher; undefined for tasks without distillation. */
  readonly distance: Tensor | undefined
  /** Both by their names in the metrics. */
  readonly named: Named
}

/** Builds the terms of a teacher; both arguments are the outputs that the task's loss uses. */
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
