import type { Outputs } from '../../network/outputs.ts'

/** Averages outputs [B * V, ...] over the V views of each of B samples. */
export function meanOfViews(outputs: Outputs, samples: number, views: number): Outputs {
  if (views === 1) return outputs
  const joined = Object.entries(outputs).map(([name, { shape, data }]) => {
    const [, ...sizes] = shape
    return [
      name,
      { dtype: 'float32', shape: [samples, ...sizes], data: means(data, samples, views) },
    ] as const
  })
  return Object.fromEntries(joined)
}

function means(values: Float32Array, samples: number, views: number): Float32Array<ArrayBuffer> {
  const size = values.length / (samples * views)
  return Float32Array.from({ length: samples * size }, (_, i) => {
    const first = Math.floor(i / size) * views * size + (i % size)
    let sum = 0
    for (let view = 0; view < views; view++) sum += values[first + view * size] ?? Number.NaN
    return sum / views
  })
}
