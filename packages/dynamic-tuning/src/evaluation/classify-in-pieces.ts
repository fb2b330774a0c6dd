import type { TensorData } from '@dynamic-tuning/engine'
import type { Outputs } from '../network/outputs.ts'
import type { Classifier, ClassifyOptions, Prediction } from './classifier.ts'
import { joinFloats } from './join-floats.ts'

/** Rows of a model's input, and how many of them may go through it at once. */
export interface Pieces {
  /** Count of all rows. */
  readonly rows: number
  /** Largest count of rows in one pass. */
  readonly most: number
}

/**
 * `classify` in passes of limited size, which bounds the memory for a picture of many windows. The result is
 * that of one pass up to the rounding of sums.
 */
export async function classifyInPieces(
  classifier: Pick<Classifier, 'classify'>,
  images: Float32Array,
  { rows, most }: Pieces,
  { weights, first = 0, ...options }: PieceOptions = {},
): Promise<Prediction> {
  if (rows <= most) return classifier.classify(images, weights, { ...options, first })
  const length = images.length / rows
  const pieces: Prediction[] = []
  for (let start = 0; start < rows; start += most) {
    const part = images.subarray(start * length, Math.min(start + most, rows) * length)
    pieces.push(await classifier.classify(part, weights, { ...options, first: first + start }))
  }
  return joined(pieces)
}

/** Trained weights, if the model takes them as inputs, and options of the passes. */
export interface PieceOptions extends ClassifyOptions {
  readonly weights?: ReadonlyMap<string, TensorData> | undefined
}

function joined(pieces: readonly Prediction[]): Prediction {
  const of = (name: 'masks' | 'shares' | 'probabilities'): Float32Array | undefined => {
    const parts = pieces.flatMap((piece) => piece[name] ?? [])
    return parts.length === 0 ? undefined : joinFloats(parts)
  }
  return {
    outputs: joinedOutputs(pieces.map(({ outputs }) => outputs)),
    masks: of('masks'),
    shares: of('shares'),
    probabilities: of('probabilities'),
  }
}

function joinedOutputs(pieces: readonly Outputs[]): Outputs {
  const names = Object.keys(pieces[0] ?? {})
  return Object.fromEntries(
    names.map((name) => {
      const parts = pieces.flatMap(({ [name]: part }) => part ?? [])
      const rows = parts.reduce((sum, { shape: [count = 0] }) => sum + count, 0)
      const [, ...sizes] = parts[0]?.shape ?? []
      return [
        name,
        { dtype: 'float32', shape: [rows, ...sizes], data: joinFloats(parts.map(({ data }) => data)) },
      ] as const
    }),
  )
}
