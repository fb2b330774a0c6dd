import type { Pictures } from '../../evaluation/picture.ts'
import { formatPercent } from '../../report/quantity.ts'

/** The predicted class with its probability, and whether it is the true one. */
export const labelPictures: Pictures<number> = {
  portrait({ predictions: [best] }, truth, classes) {
    const { class: predicted = '', probability = Number.NaN } = best ?? {}
    const label = truth === undefined ? undefined : classes[truth]
    const right = label === predicted
    const said = `${predicted} (${formatPercent(probability, 0)})`
    return {
      caption: label === undefined ? said : right ? `${said}: right` : `${said}: wrong, it is ${label}`,
      fields: { ...(label !== undefined && { label }), predicted, probability },
      right,
      group: label ?? '',
      ...(label !== undefined && { slug: label }),
    }
  },
}
