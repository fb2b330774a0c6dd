import type { TensorData } from '@dynamic-tuning/engine'
import { ignoredLabel, type LabelMap } from '../../../data/label-map.ts'
import type { Pixels } from '../../../data/sources/pixels.ts'
import { type Fixture, fixtureInput } from '../../fixture.ts'

/** Tensors by their expected names. */
export type Named = readonly (readonly [string, TensorData])[]

/** Bytes of an input [..., 3] as a picture; a list of colours is a picture of one row. */
export function pictureIn(fixture: Fixture, name: string): Pixels {
  const { shape, data } = fixtureInput(fixture, name)
  const [height = 1, width = 1] = shape.length === 3 ? shape : [1, ...shape]
  return { width, height, data: Uint8Array.from(data, Number) }
}

/** The label map of an input [rows, columns]. */
export function labelsIn(fixture: Fixture, name: string, ignored: number): LabelMap {
  const { shape, data } = fixtureInput(fixture, name)
  const [height = 1, width = 1] = shape
  const own = Array.from(data, Number)
  const labels = own.map((label) => (label === ignored ? ignoredLabel : label))
  return { width, height, data: Uint16Array.from(labels) }
}

/** Numbers of an input, row by row. */
export function numbersIn(fixture: Fixture, name: string): number[] {
  return Array.from(fixtureInput(fixture, name).data, Number)
}

/** A picture as an expected tensor, [rows, columns, 3] or the given shape. */
export function ofPicture({ width, height, data }: Pixels, shape = [height, width, 3]): TensorData {
  return { dtype: 'int32', shape, data: Int32Array.from(data) }
}

/** A label map as an expected tensor. */
export function ofLabels({ width, height, data }: LabelMap, ignored: number): TensorData {
  return ofWholes(asFile(data, ignored), [height, width])
}

/** Class numbers as a file has them. */
export function asFile(labels: Iterable<number>, ignored: number): number[] {
  return Array.from(labels, (label) => (label === ignoredLabel ? ignored : label))
}

/** Whole numbers as an expected tensor. */
export function ofWholes(values: readonly number[], shape: readonly number[] = [values.length]): TensorData {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) }
}
