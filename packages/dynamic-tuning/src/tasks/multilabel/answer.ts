import type { AnswerOptions, Answers } from '../../evaluation/answer.ts'
import type { TaskContext } from '../../evaluation/task-context.ts'
import type { Outputs } from '../../network/outputs.ts'
import { formatPercent } from '../../report/quantity.ts'
import { logitsOf } from '../logits.ts'
import { sigmoid } from './probability.ts'
import { labelThreshold } from './settings.ts'

/** What stands for an empty set of labels. */
export const noLabel = 'no label'

/** Every label whose sigmoid is at least the threshold, possibly none. */
export const multilabelAnswers: Answers = {
  of(outputs: Outputs, row: number, context: TaskContext, { top }: AnswerOptions = {}) {
    const { values, classes: count } = logitsOf(outputs)
    const least = labelThreshold(context)
    const predictions = context.classes
      .map((name, i) => ({ class: name, probability: sigmoid(values[row * count + i] ?? Number.NaN) }))
      .filter(({ probability }) => probability >= least)
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top)
    return { predictions }
  },
  text({ predictions = [] }) {
    if (predictions.length === 0) return [noLabel]
    return predictions.map(({ class: name, probability }) => `${name} ${formatPercent(probability)}`)
  },
  gist: ({ predictions = [] }) =>
    predictions
      .map((each) => each.class)
      .sort()
      .join('\n'),
}
