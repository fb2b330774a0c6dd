type Line = Readonly<Record<string, unknown>>
type Scalars = readonly (readonly [tag: string, value: number])[]

/** The group of the fields of a line of `metrics.jsonl` in TensorBoard, by the line's kind. */
const groups: Readonly<Record<string, (field: string) => string | undefined>> = {
  step: (field) => (field === 'epoch' ? 'progress/epoch' : `train/${field}`),
  epoch: epochTag,
  result: (field) => (notShown.includes(field) ? undefined : `test/${field}`),
}

/** Loss and measures begin with a part of the data: `validationLoss` becomes `validation/loss`. */
function epochTag(field: string): string | undefined {
  if (field === 'activeRate') return 'validation/activeRate'
  if (field === 'seconds') return 'progress/secondsPerEpoch'
  if (field.startsWith('train')) return `epoch/${field}`
  const [, first, rest] = /^validation(.)(.*)$/.exec(field) ?? []
  return first === undefined ? undefined : `validation/${first.toLowerCase()}${rest}`
}

/** Numbers that describe the run itself rather than its quality or cost. */
const notShown = ['images', 'seed', 'frames', 'skipped', 'seconds', 'loaderWaitShare', 'staticFlops']

/** Scalars of a line of `metrics.jsonl` by their TensorBoard tags: `train/loss`, `activeTokens/layer00`. */
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
