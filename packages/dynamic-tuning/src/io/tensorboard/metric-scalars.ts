type Line = Readonly<Record<string, unknown>>
type Scalars = readonly (readonly [tag: string, value: number])[]

/** What the fields of a line of `metrics.jsonl` are grouped under, by the line's kind. */
const groups: Readonly<Record<string, (field: string) => string | undefined>> = {
  step: (field) => (field === 'epoch' ? 'progress/epoch' : `train/${field}`),
  epoch: (field) => epochTags[field],
  result: (field) => (resultFields.includes(field) ? `test/${field}` : undefined),
}

const epochTags: Readonly<Record<string, string>> = {
  trainLoss: 'epoch/trainLoss',
  trainAccuracy: 'epoch/trainAccuracy',
  validationAccuracy: 'validation/accuracy',
  validationLoss: 'validation/loss',
  activeRate: 'validation/activeRate',
  seconds: 'progress/secondsPerEpoch',
}
const resultFields = ['accuracy', 'loss', 'activeRate', 'flops', 'trainableParams', 'peakMemoryMB']

/** The scalars of a line of `metrics.jsonl`, by TensorBoard's tags: `train/loss`, `validation/accuracy`, `activeTokens/layer00`. */
export function metricScalars(line: Line): Scalars {
  const tagOf = groups[String(line.kind)]
  if (tagOf === undefined) return []
  const plain = Object.entries(line).flatMap(([field, value]): Scalars => {
    const tag = field === 'kind' || field === 'step' ? undefined : tagOf(field)
    return tag !== undefined && typeof value === 'number' ? [[tag, value]] : []
  })
  const rates = line.kind === 'epoch' && Array.isArray(line.activeRatePerLayer) ? line.activeRatePerLayer : []
  const layers = rates.map(
    (rate, i) => [`activeTokens/layer${String(i).padStart(2, '0')}`, Number(rate)] as const,
  )
  return [...plain, ...layers]
}
