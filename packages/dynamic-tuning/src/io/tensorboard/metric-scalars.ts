type Line = Readonly<Record<string, unknown>>
type Scalars = readonly (readonly [tag: string, value: number])[]

/** What the fields of a line of `metrics.jsonl` are grouped under, by the line's kind. */
const groups: Readonly<Record<string, (field: string) => string | undefined>> = {
  step: (field) => (field === 'epoch' ? 'progress/epoch' : `train/${field}`),
  epoch: epochTag,
  result: (field) => (notShown.includes(field) ? undefined : `test/${field}`),
}

/** Loss and measures begin with the part of the data that they are of: `validationLoss` is `validation/loss`. */
function epochTag(field: string): string | undefined {
  if (field === 'activeRate') return 'validation/activeRate'
  if (field === 'seconds') return 'progress/secondsPerEpoch'
  if (field.startsWith('train')) return `epoch/${field}`
  const [, first, rest] = /^validation(.)(.*)$/.exec(field) ?? []
  return first === undefined ? undefined : `validation/${first.toLowerCase()}${rest}`
}

/** Numbers of a result that describe the run instead of saying how good or costly it is. */
const notShown = ['images', 'seed', 'frames', 'skipped', 'seconds', 'loaderWaitShare', 'staticFlops']

/** The scalars of a line of `metrics.jsonl` by TensorBoard's tags: `train/loss`, `validation/loss`, `activeTokens/layer00`. */
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
