import { numberIn } from '../../evaluation/measure.ts'
import type { TaskContext } from '../../evaluation/task-context.ts'
import * as setting from '../../setting.ts'

const usualThreshold = 0.5

/** Settings of runs with several labels per image. */
export const multilabelSettings = setting.grouped('Several labels per image:', {
  labelThreshold: setting.number({
    least: 0,
    most: 1,
    default: usualThreshold,
    help: 'least probability of a label that is named',
    argument: '<p>',
    ofAnswers: true,
  }),
})

/** The least probability of a label that a run's model names. */
export function labelThreshold({ settings }: Pick<TaskContext, 'settings'>): number {
  return numberIn(settings, 'labelThreshold') ?? usualThreshold
}
