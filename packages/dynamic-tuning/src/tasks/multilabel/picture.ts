import type { Labels } from '../../data/truths/labels.ts'
import type { Pictures, Portrait } from '../../evaluation/picture.ts'
import { noLabel } from './answer.ts'

/** The labels that were named, and which of them are found, missed and wrong. */
export const multilabelPictures: Pictures<Labels> = {
  portrait({ predictions = [] }, truth, { classes }): Portrait {
    const predicted = predictions.map((each) => each.class)
    const probabilities = predictions.map(({ probability }) => probability)
    if (truth === undefined) return { fields: { predicted, probabilities }, right: false, group: '' }
    const labels = truth.map((label) => classes[label] ?? `${label}`)
    const found = predicted.filter((name) => labels.includes(name))
    const missed = labels.filter((name) => !predicted.includes(name))
    const wrong = predicted.filter((name) => !labels.includes(name))
    return {
      fields: { labels, predicted, probabilities, found, missed, wrong },
      right: missed.length + wrong.length === 0,
      group: labels.join(', '),
      slug: labels.join('-'),
    }
  },
  words(fields) {
    const [predicted = [], missed, wrong] = ['predicted', 'missed', 'wrong'].map((name) =>
      namesIn(fields, name),
    )
    const said = predicted.length > 0 ? predicted.join(', ') : noLabel
    if (missed === undefined || wrong === undefined) return { said }
    const mistakes = Object.entries({ missed, wrong }).filter(([, names]) => names.length > 0)
    const verdict = mistakes.map(([kind, names]) => `${kind} ${names.join(', ')}`).join('; ')
    return { said, verdict: verdict === '' ? 'right' : verdict }
  },
}

/** A list of names among fields; undefined where there is none. */
function namesIn(fields: object, name: string): readonly string[] | undefined {
  const value: unknown = Reflect.get(fields, name)
  return Array.isArray(value) ? value.map(String) : undefined
}
