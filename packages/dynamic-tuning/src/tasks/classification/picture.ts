import { numberIn } from '../../evaluation/measure.ts'
import type { Pictures } from '../../evaluation/picture.ts'
import { formatPercent } from '../../report/quantity.ts'

/** The predicted class with its probability, and whether it is the true one. */
export const classPictures: Pictures<number> = {
  portrait({ predictions: [best] = [] }, truth, { classes }) {
    const { class: predicted = '', probability = Number.NaN } = best ?? {}
    const label = truth === undefined ? undefined : classes[truth]
    const known = label === undefined ? undefined : { label }
    return {
      fields: { ...known, predicted, probability },
      right: label === predicted,
      group: label ?? '',
      ...(label !== undefined && { slug: label }),
    }
  },
  words(fields) {
    const [label, predicted] = ['label', 'predicted'].map((name): unknown => Reflect.get(fields, name))
    const said = `${predicted} (${formatPercent(numberIn(fields, 'probability') ?? Number.NaN, 0)})`
    if (label === undefined) return { said }
    return { said, verdict: label === predicted ? 'right' : `wrong, it is ${label}` }
  },
}
