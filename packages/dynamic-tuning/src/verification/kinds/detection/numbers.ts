import type { TensorData } from '@dynamic-tuning/engine'
import { type Fixture, fixtureInput } from '../../fixture.ts'

/** Tensors by name, in any order. */
export type Named = readonly (readonly [string, TensorData])[]

/** Numbers as a tensor of one axis, in double precision. */
export function numbers(values: ArrayLike<number>): TensorData {
  return { dtype: 'float64', shape: [values.length], data: Float64Array.from(values) }
}

/** Text as the codes of its characters. */
export function textCodes(text: string): TensorData {
  return numbers(Array.from(text, (letter) => letter.charCodeAt(0)))
}

/** Float32 values in rows of this many. */
export function floats(values: ArrayLike<number>, width?: number): TensorData {
  const shape = width === undefined ? [values.length] : [values.length / width, width]
  return { dtype: 'float32', shape, data: Float32Array.from(values) }
}

/** Whole numbers. */
export function indices(values: ArrayLike<number>, shape: readonly number[] = [values.length]): TensorData {
  return { dtype: 'int64', shape, data: BigInt64Array.from(Array.from(values), BigInt) }
}

/** An input's values as numbers. @throws DataError if it is missing */
export function numbersIn(fixture: Fixture, name: string): Float64Array {
  return Float64Array.from(fixtureInput(fixture, name).data, Number)
}

/** A map [B, C, H, W] of one image by row, column and channel: [H * W * C]. */
export function rowsIn({ data, shape }: TensorData, image: number): Float32Array {
  const [, channels = 0, height = 0, columns = 0] = shape
  const pixels = height * columns
  return Float32Array.from({ length: channels * pixels }, (_, i) => {
    const [channel, pixel] = [i % channels, Math.floor(i / channels)]
    return Number(data[(image * channels + channel) * pixels + pixel])
  })
}
