import type { AnswerOptions, Answers } from '../../evaluation/answer.ts'
import type { TaskContext } from '../../evaluation/task-context.ts'
import type { Outputs } from '../../network/outputs.ts'
import { formatPercent } from '../../report/quantity.ts'
import { logitsOf } from '../logits.ts'
import { softmax } from '../softmax.ts'

/** The classes with the largest softmax, three by default. */
export const classAnswers: Answers = {
  of(outputs: Outputs, row: number, { classes }: TaskContext, { top = 3 }: AnswerOptions = {}) {
    const { values, classes: count } = logitsOf(outputs)
    const probabilities = softmax(values.subarray(row * count, (row + 1) * count))
    const predictions = classes
      .map((name, i) => ({ class: name, probability: probabilities[i] ?? Number.NaN }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top)
    return { predictions }
  },
  text: ({ predictions = [] }) =>
    predictions.map(({ class: name, probability }) => `${name} ${formatPercent(probability)}`),
  gist: ({ predictions: [best] = [] }) => best?.class ?? '',
}
