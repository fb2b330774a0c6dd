import { allocate, type DType, sizeOf, type TensorData } from '../graph/dtype.ts'
import { type Random, random, type StreamKey } from '../random/random.ts'

/** Values as plain numbers (float64) in row-major order, for reference computations. */
export interface Plain {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** The values of a tensor as plain numbers. Not for `float16`, which is stored as bits. */
export function plain({ shape, data }: TensorData): Plain {
  return { shape, data: Array.from(data as ArrayLike<number | bigint>, Number) }
}

/** A tensor with these elements. @throws RangeError where their number does not fit the shape */
export function tensor(
  shape: readonly number[],
  values: readonly number[],
  dtype: DType = 'float64',
): TensorData {
  if (values.length !== sizeOf(shape)) throw new RangeError(`tensor: ${values.length} values for [${shape}].`)
  const data = allocate(dtype, values.length)
  if (data instanceof BigInt64Array) data.set(values.map(BigInt))
  else data.set(values)
  return { dtype, shape, data }
}

/** A tensor of random numbers from a seeded stream; `draw` gives one number (default: standard normal). */
export function drawn(
  shape: readonly number[],
  key: StreamKey = 0,
  draw: (stream: Random) => number = (stream) => stream.normal(),
): TensorData {
  const stream = random(1, 'test', ...shape, key)
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, () => draw(stream)),
  )
}

/** Values computed from their indices, in row-major order. */
export function fill(shape: readonly number[], at: (place: readonly number[]) => number): Plain {
  const place = shape.map(() => 0)
  const data: number[] = []
  for (let left = sizeOf(shape); left > 0; left--) {
    data.push(at(place))
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1
      if ((place[axis] as number) < (shape[axis] as number)) break
      place[axis] = 0
    }
  }
  return { shape, data }
}

/** The element at an index; axes of size 1 and missing leading axes are broadcast. */
export function at({ shape, data }: Plain, place: readonly number[]): number {
  const skipped = place.length - shape.length
  let index = 0
  for (const [axis, size] of shape.entries())
    index = index * size + (size === 1 ? 0 : (place[axis + skipped] as number))
  return data[index] as number
}

/** `f` of the elements at each index; operands are broadcast as in NumPy. */
export function elementwise(f: (...values: number[]) => number, ...operands: Plain[]): Plain {
  const rank = Math.max(...operands.map((x) => x.shape.length))
  const shape = Array.from({ length: rank }, (_, axis) => {
    const sizes = operands.map((x) => x.shape[axis - rank + x.shape.length] ?? 1)
    return sizes.find((size) => size !== 1) ?? 1
  })
  return fill(shape, (place) => f(...operands.map((x) => at(x, place))))
}
